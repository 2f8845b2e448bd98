/** A field for an e-mail address. */

import { useWidget } from "../context.ts";

/** Whether `text` may be an e-mail address; the mail server has the last word. */
export function isEmail(text: string): boolean {
  return /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/.test(text) && text.length <= 254;
}

/** What is in the field, without spaces around it, and whether it was found to be no address. */
interface Email {
  readonly value: string;
  readonly bad: boolean;
}

export const NO_EMAIL: Email = { value: "", bad: false };

export function EmailField({ value, bad, set }: Email & { set: (email: Email) => void }) {
  const { texts } = useWidget();
  return (
    <div class="field">
      <label for="straks-email">{texts.email}</label>
      <input
        id="straks-email"
        type="email"
        autocomplete="email"
        inputMode="email"
        value={value}
        aria-invalid={bad}
        aria-describedby="straks-email-hint"
        onInput={(event) => set({ value: event.currentTarget.value.trim(), bad: false })}
      />
      <p id="straks-email-hint" class={bad ? "fault" : "hint"} role={bad ? "alert" : undefined}>
        {bad ? texts.emailBad : texts.emailHint}
      </p>
    </div>
  );
}
