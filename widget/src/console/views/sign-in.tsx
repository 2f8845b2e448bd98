/** Signing in: as a page, and over the open console when a session has ended. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { ApiError } from "../api.ts";
import { explain, type Session } from "../session.ts";
import { t } from "../texts.ts";

export function Logo() {
  return (
    <span class="logo">
      <Icon name="bolt" />
    </span>
  );
}

/** Counts a throttle's seconds down, so that the message stays true. */
function useCountdown() {
  const seconds = useSignal(0);
  const running = seconds.value > 0;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      seconds.value -= 1;
    }, 1000);
    return () => clearInterval(timer);
  }, [running, seconds]);
  return seconds;
}

interface FormProps {
  session: Session;
  email?: string;
  children?: ComponentChildren;
}

export function SignInForm({ session, email = "", children }: FormProps) {
  const name = useRef<HTMLInputElement>(null);
  const secret = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const problem = useSignal(session.notice.value);
  const wait = useCountdown();

  useEffect(() => {
    (email ? secret : name).current?.focus();
  }, [email]);

  async function submit(event: Event) {
    event.preventDefault();
    const [who, what] = [name.current?.value.trim() ?? "", secret.current?.value ?? ""];
    if (busy.value || wait.value > 0) return;
    if (!who || !what) {
      problem.value = t.fillIn;
      (who ? secret : name).current?.focus();
      return;
    }
    busy.value = true;
    problem.value = "";
    try {
      await session.signIn(who, what);
    } catch (error) {
      problem.value = explain(error);
      if (error instanceof ApiError && error.status === 429) {
        wait.value = Math.max(1, Math.ceil(error.retryAfter ?? 60));
      }
      secret.current?.select();
    } finally {
      busy.value = false;
    }
  }

  const shown = wait.value > 0 ? t.tooMany(wait.value) : problem.value;
  const invalid = problem.value === t.wrongCredentials || problem.value === t.fillIn;
  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <label class="field">
        <span>{t.email}</span>
        <input
          ref={name}
          type="email"
          name="email"
          autocomplete="username"
          defaultValue={email}
          aria-describedby="sign-in-problem"
          aria-invalid={invalid}
        />
      </label>
      <label class="field">
        <span>{t.password}</span>
        <input
          ref={secret}
          type="password"
          name="password"
          autocomplete="current-password"
          aria-describedby="sign-in-problem"
          aria-invalid={invalid}
        />
      </label>
      <p id="sign-in-problem" class="problem" role="alert">
        {shown && <Icon name="alert" />}
        {shown}
      </p>
      <Button type="submit" look="primary" aria-disabled={busy.value || wait.value > 0}>
        {busy.value ? t.signingIn : t.signIn}
      </Button>
      {children}
    </form>
  );
}

export function SignInPage({ session }: { session: Session }) {
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Logo />
        <h1>{t.product}</h1>
        <p class="lead">{t.signInLead}</p>
        <SignInForm session={session} />
      </div>
    </main>
  );
}

/** Shown over the console: what was open and typed stays as it is. */
export function SignInAgain({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const agent = session.agent.value;
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>("input[type=password]")?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog sign-in-again"
      aria-labelledby="again-title"
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id="again-title">{t.expiredTitle}</h2>
      <p class="lead">{t.expiredLead}</p>
      <SignInForm session={session} email={agent?.email ?? ""}>
        <button type="button" class="linklike" onClick={() => session.leave()}>
          {t.otherAgent(agent?.name ?? "")}
        </button>
      </SignInForm>
    </dialog>
  );
}
