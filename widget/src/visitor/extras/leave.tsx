/** Nobody is here: the message is kept, with an e-mail address if the visitor likes. */

import { NO_EMAIL, Reach } from "./email.tsx";
import {
  Button,
  DraftField,
  isEmail,
  overBy,
  TooLong,
  useLayoutEffect,
  useRef,
  useState,
  useWidget,
} from "./kit.ts";

export function LeaveForm() {
  const { state, act, texts } = useWidget();
  const [email, setEmail] = useState(NO_EMAIL);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = state.draft.trim();
  // What was already asked in the conversation need not be written again.
  const needed = !state.started;

  // At once: a moment later the visitor may be in another field already.
  useLayoutEffect(() => field.current?.focus(), []);

  const submit = (event: Event) => {
    event.preventDefault();
    const { value } = email;
    if (value && !isEmail(value)) setEmail({ ...email, bad: true });
    else if (overBy(text) > 0 || (needed && !text)) field.current?.focus();
    else act.leaveMessage(text, value);
  };

  return (
    <form class="leave" noValidate onSubmit={submit}>
      <p class="leave-title">{texts.away}</p>
      <p>{texts.awayOffer}</p>
      <div class="field">
        <label for="straks-leave">{texts.message}</label>
        <DraftField field={field} id="straks-leave" rows={3} required={needed} />
        <TooLong />
      </div>
      <Reach {...email} set={setEmail} />
      <div class="leave-buttons">
        <Button onClick={() => act.cancelLeaving()}>{texts.cancel}</Button>
        <Button type="submit" look="primary">
          {texts.leave}
        </Button>
      </div>
    </form>
  );
}
