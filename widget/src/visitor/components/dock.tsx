/** Between the messages and the field: the way to a person, and where it stands. */

import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useWidget } from "../context.ts";
import { EmailField, isEmail } from "./email.tsx";

export function Dock() {
  const { store, texts } = useWidget();
  const { state } = store.folded.value;
  const away = store.available.value === false;
  if (store.leaving.value) return null;
  if (state === "closed") {
    return (
      <div class="dock">
        <p>{texts.closedHint}</p>
        <Button look="quiet" onClick={focusField}>
          <Icon name="retry" />
          {texts.again}
        </Button>
      </div>
    );
  }
  if (state === "with_agent") return null;
  if (store.asked.value) return <Waiting away={away} />;
  return (
    <div class="dock">
      {away && <p>{texts.away}</p>}
      <Button look="quiet" onClick={() => store.act.askPerson(texts.personWords)}>
        <Icon name="person" />
        {away ? texts.personAway : texts.person}
      </Button>
    </div>
  );
}

function focusField(event: MouseEvent): void {
  const panel = (event.currentTarget as HTMLElement).closest(".panel");
  panel?.querySelector("textarea")?.focus();
}

/** A person was asked for and is not there yet: say so truly, and offer e-mail when nobody is. */
function Waiting({ away }: { away: boolean }) {
  const { store, texts } = useWidget();
  return (
    <div class="dock dock-waiting">
      <p>
        <Icon name={away ? "inbox" : "clock"} />
        <span>{away ? texts.waitingAway : texts.waiting}</span>
      </p>
      {away && !store.folded.value.email && <AddEmail />}
    </div>
  );
}

function AddEmail() {
  const { store, texts } = useWidget();
  const [email, setEmail] = useState("");
  const [bad, setBad] = useState(false);
  const save = (event: Event) => {
    event.preventDefault();
    if (!isEmail(email)) setBad(true);
    else store.act.leaveEmail(email.trim());
  };
  return (
    <form class="add-email" noValidate onSubmit={save}>
      <EmailField
        value={email}
        bad={bad}
        onInput={(value) => {
          setEmail(value);
          setBad(false);
        }}
      />
      <Button type="submit" look="quiet">
        {texts.save}
      </Button>
    </form>
  );
}
