/** Nobody is here: the message is kept, with an e-mail address if the visitor likes. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { useWidget } from "../context.ts";
import { EmailField, isEmail } from "./email.tsx";
import { overBy, TooLong } from "./length.tsx";

export function LeaveForm() {
  const { state, act, texts } = useWidget();
  const [email, setEmail] = useState("");
  const [bad, setBad] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = state.draft;
  // What was already asked in the conversation need not be written again.
  const needed = !state.started;
  const over = overBy(text);

  // At once: a moment later the visitor may be in another field already.
  useLayoutEffect(() => field.current?.focus(), []);

  const submit = (event: Event) => {
    event.preventDefault();
    if (email.trim() && !isEmail(email)) {
      setBad(true);
    } else if (over > 0 || (needed && !text.trim())) {
      field.current?.focus();
    } else {
      act.leaveMessage(text.trim(), email.trim());
    }
  };

  return (
    <form class="leave" noValidate onSubmit={submit}>
      <p class="leave-title">{texts.away}</p>
      <p>{texts.awayOffer}</p>
      <div class="field">
        <label for="straks-leave">{texts.message}</label>
        <textarea
          ref={field}
          id="straks-leave"
          rows={3}
          dir="auto"
          value={text}
          required={needed}
          aria-invalid={over > 0}
          aria-describedby={over > 0 ? "straks-leave-over" : undefined}
          onInput={(event) => act.write(event.currentTarget.value)}
        />
        <TooLong over={over} id="straks-leave-over" />
      </div>
      <EmailField
        value={email}
        bad={bad}
        onInput={(value) => {
          setEmail(value);
          setBad(false);
        }}
      />
      <div class="leave-buttons">
        <Button
          onClick={() => {
            act.cancelLeaving();
          }}
        >
          {texts.cancel}
        </Button>
        <Button type="submit" look="primary">
          {texts.leave}
        </Button>
      </div>
    </form>
  );
}
