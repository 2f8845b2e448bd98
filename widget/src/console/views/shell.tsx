/** The frame around list and conversation: banner, keys, dialogs. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Desk, Surroundings } from "../desk.ts";
import { type Route, route } from "../route.ts";
import { onShortcut } from "../shortcuts.ts";
import { t } from "../texts.ts";
import { ConversationPane } from "./conversation.tsx";
import { Help } from "./help.tsx";
import { InboxPane } from "./inbox.tsx";
import { Part } from "./part.tsx";
import { SignInAgain } from "./sign-in.tsx";

/** A connection that is back within this time is not worth a word. */
const PATIENCE_MS = 1500;

function Banner({ desk }: { desk: Desk }) {
  const late = useSignal(false);
  const { value: status } = desk.status;
  const down = !desk.online.value || (status !== "online" && status !== "refused");
  useEffect(() => {
    late.value = false;
    if (!down) return;
    const timer = setTimeout(() => {
      late.value = true;
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down, late]);
  const text = desk.online.value ? t.reconnecting : t.offline;
  return (
    <div class="banner-place" role="status">
      {down && late.value && <p class="banner">{text}</p>}
    </div>
  );
}

/** What is open beside the list, as a selector of its row; null: the list alone. */
function detailOf({ page, conversation, answer }: Route): string | null {
  if (page === "inbox") return conversation && `[data-conversation="${conversation}"]`;
  return answer && `[data-answer="${CSS.escape(answer)}"]`;
}

export function Shell({ desk, around }: { desk: Desk; around: Surroundings }) {
  const help = useSignal(false);
  // Before anything is seen: whoever sees the page can use its keys.
  useLayoutEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if (around.session.presence.value !== "in") return;
      if (onShortcut(event, desk) === "help") help.value = !help.value;
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, [desk, around, help]);

  const panes = { desk, around, help: () => (help.value = true) };
  const { page } = route.value;
  const detail = detailOf(route.value);
  const before = useRef<string | null>(null);
  useEffect(() => {
    // Who comes back to the list goes on from where they left it.
    const left = detail === null ? before.current : null;
    before.current = detail;
    if (left) document.querySelector<HTMLElement>(left)?.focus();
  }, [detail]);
  return (
    <main class={`shell shell-${page} ${detail ? "shell-open" : ""}`}>
      <h1 class="hidden">{t.product}</h1>
      <Banner desk={desk} />
      {page === "inbox" ? (
        <>
          <InboxPane {...panes} />
          <ConversationPane desk={desk} />
        </>
      ) : (
        <Part {...panes} />
      )}
      {help.value && <Help close={() => (help.value = false)} />}
      {around.session.presence.value === "ended" && <SignInAgain session={around.session} />}
    </main>
  );
}
