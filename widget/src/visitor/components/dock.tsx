/** Between the messages and the field: the way to a person, and where it stands. */

import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { clock, inbox, person, retry } from "../../ui/paths.ts";
import { useWidget } from "../context.ts";
import { focusField } from "./field.ts";
import { Later } from "./later.tsx";

export function Dock() {
  const { state, act, texts, extras } = useWidget();
  const phase = state.conversation.state;
  const away = state.available === false;
  useEffect(() => {
    // A form for what is left may be wanted next; if it does not come, it is asked for again then.
    if (away && state.opened) extras().catch(() => {});
  }, [away, state.opened]);
  if (state.leaving || (phase === "with_agent" && !away)) return null;
  if (phase === "closed") {
    return (
      <div class="dock">
        <p>{texts.closedHint}</p>
        <Button look="quiet" onClick={focusField}>
          <Glyph path={retry} />
          {texts.again}
        </Button>
      </div>
    );
  }
  if (state.asked) return <Waiting away={away} />;
  const last = state.rows.at(-1);
  const stuck = last?.type === "message" && last.unknown && !last.data?.choices;
  return (
    <div class="dock">
      {away && <p>{texts.away}</p>}
      <Button
        look={stuck ? "primary" : "quiet"}
        onClick={() => void act.askPerson(texts.personWords)}
      >
        <Glyph path={person} />
        {away ? texts.personAway : texts.person}
      </Button>
    </div>
  );
}

/** A person was asked for and is not there yet: say so truly, and offer e-mail when nobody is. */
function Waiting({ away }: { away: boolean }) {
  const { texts } = useWidget();
  return (
    <div class="dock dock-waiting">
      <p>
        <Glyph path={away ? inbox : clock} />
        <span>{away ? texts.waitingAway : texts.waiting}</span>
      </p>
      {away && <Later show={({ AddEmail }) => <AddEmail />} />}
    </div>
  );
}
