/** A field for an e-mail address, and what stands in its place once there is one. */

import { Button, fill, isEmail, useLayoutEffect, useRef, useState, useWidget } from "./kit.ts";

/** What is in the field, without spaces around it, and whether it was found to be no address. */
interface Email {
  readonly value: string;
  readonly bad: boolean;
  /** The visitor wants another address than the one that is known. */
  readonly other?: boolean;
}

interface EmailProps extends Email {
  readonly set: (email: Email) => void;
}

export const NO_EMAIL: Email = { value: "", bad: false };

/** Who we know how to write to is told so, and not asked. */
export function Reach(props: EmailProps) {
  const { state, texts } = useWidget();
  const known = state.facts["email"];
  if (!known || props.other) return <EmailField {...props} />;
  return (
    <p class="reach">
      {fill(texts.writeTo, { email: known })}
      <Button onClick={() => props.set({ ...NO_EMAIL, other: true })}>{texts.change}</Button>
    </p>
  );
}

function EmailField({ value, bad, other, set }: EmailProps) {
  const { texts } = useWidget();
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (other) field.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for="straks-email">{texts.email}</label>
      <input
        ref={field}
        id="straks-email"
        type="email"
        autocomplete="email"
        inputMode="email"
        value={value}
        aria-invalid={bad}
        aria-describedby="straks-email-hint"
        onInput={(event) =>
          set({ value: event.currentTarget.value.trim(), bad: false, other: other === true })
        }
      />
      <p id="straks-email-hint" class={bad ? "fault" : "hint"} role={bad ? "alert" : undefined}>
        {bad ? texts.emailBad : texts.emailHint}
      </p>
    </div>
  );
}

/** While a person who is not here is waited for. */
export function AddEmail() {
  const { state, act, texts } = useWidget();
  const [email, setEmail] = useState(NO_EMAIL);
  const save = (event: Event) => {
    event.preventDefault();
    const { value } = email;
    if (!isEmail(value)) return setEmail({ ...email, bad: true });
    act.leaveEmail(value);
    setEmail(NO_EMAIL);
  };
  const asked = email.other || !state.facts["email"];
  return (
    <form class="add-email" noValidate onSubmit={save}>
      <Reach {...email} set={setEmail} />
      {asked && (
        <Button type="submit" look="quiet">
          {texts.save}
        </Button>
      )}
    </form>
  );
}
