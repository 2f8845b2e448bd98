/** Which of the console's faces is shown: a splash, the sign-in page, the desk. */

import { useComputed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Spinner } from "../../ui/spinner.tsx";
import { titleCount } from "../alerts.ts";
import type { Agent } from "../api.ts";
import { Desk, type Surroundings } from "../desk.ts";
import { t } from "../texts.ts";
import { Shell } from "./shell.tsx";
import { SignInPage } from "./sign-in.tsx";

export function App({ around }: { around: Surroundings }) {
  const { presence, agent } = around.session;
  if (presence.value === "starting") {
    return (
      <main class="splash">
        <Spinner label={t.loading} />
      </main>
    );
  }
  if (presence.value === "out" || !agent.value) return <SignInPage session={around.session} />;
  return <SignedIn key={agent.value.id} agent={agent.value} around={around} />;
}

function SignedIn({ agent, around }: { agent: Agent; around: Surroundings }) {
  // The desk of one agent lives on while they sign in again.
  const desk = useMemo(() => new Desk(agent, around), []);
  const present = useComputed(() => around.session.presence.value === "in").value;
  useEffect(() => {
    desk.start();
    const untitle = titleCount(() => desk.wanting.value);
    return () => {
      untitle();
      desk.stop();
      document.title = t.product;
    };
  }, [desk]);
  useEffect(() => {
    if (present) desk.resume();
  }, [present, desk]);
  return <Shell desk={desk} around={around} />;
}
