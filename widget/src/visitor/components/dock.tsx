/** Between the messages and the field: the way to a person, and where it stands. */

import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { clock, inbox, person, retry } from "../../ui/paths.ts";
import { useWidget } from "../context.ts";
import { EmailField, isEmail, NO_EMAIL } from "./email.tsx";
import { focusField } from "./field.ts";

export function Dock() {
  const { state, act, texts } = useWidget();
  const phase = state.conversation.state;
  const away = state.available === false;
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
  const stuck = last?.type === "message" && last.unknown;
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
  const { state, texts } = useWidget();
  return (
    <div class="dock dock-waiting">
      <p>
        <Glyph path={away ? inbox : clock} />
        <span>{away ? texts.waitingAway : texts.waiting}</span>
      </p>
      {away && !state.conversation.email && <AddEmail />}
    </div>
  );
}

function AddEmail() {
  const { act, texts } = useWidget();
  const [email, setEmail] = useState(NO_EMAIL);
  const save = (event: Event) => {
    event.preventDefault();
    const { value } = email;
    if (isEmail(value)) act.leaveEmail(value);
    else setEmail({ value, bad: true });
  };
  return (
    <form class="add-email" noValidate onSubmit={save}>
      <EmailField {...email} set={setEmail} />
      <Button type="submit" look="quiet">
        {texts.save}
      </Button>
    </form>
  );
}
