/** A field for an e-mail address. */

import { useWidget } from "../context.ts";

/** Whether `text` may be an e-mail address; the mail server has the last word. */
export function isEmail(text: string): boolean {
  return /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim()) && text.length <= 254;
}

export function EmailField(props: {
  value: string;
  bad: boolean;
  onInput: (value: string) => void;
}) {
  const { texts } = useWidget();
  return (
    <div class="field">
      <label for="straks-email">{texts.email}</label>
      <input
        id="straks-email"
        type="email"
        autocomplete="email"
        inputMode="email"
        value={props.value}
        aria-invalid={props.bad}
        aria-describedby="straks-email-hint"
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <p
        id="straks-email-hint"
        class={props.bad ? "fault" : "hint"}
        role={props.bad ? "alert" : undefined}
      >
        {props.bad ? texts.emailBad : texts.emailHint}
      </p>
    </div>
  );
}
