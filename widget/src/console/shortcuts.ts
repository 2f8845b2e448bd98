/** What single keys do, wherever no text is being typed. */

import type { Desk } from "./desk.ts";
import type { OpenConversation } from "./open.ts";
import { go, leave, route } from "./route.ts";
import { TABS } from "./summary.ts";

/** Whether a key pressed at `target` is meant for a text. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}

/** The neighbour in a list of ids; the first or last one from nowhere. */
export function neighbour(ids: readonly string[], current: string | null, step: 1 | -1) {
  const at = current ? ids.indexOf(current) : -1;
  if (at < 0) return step > 0 ? ids[0] : ids.at(-1);
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))];
}

/** In the list of answers the focus moves; Enter opens. */
function moveFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-answer]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const current = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const from = at >= 0 ? at : current;
  const next = from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + step));
  rows[next]?.focus();
}

function move(desk: Desk, step: 1 | -1): void {
  if (route.value.page !== "inbox") {
    moveFocus(step);
    return;
  }
  const ids = desk.inbox.list(route.value.tab).map((each) => each.id);
  const next = neighbour(ids, route.value.conversation, step);
  if (!next) return;
  go({ conversation: next });
  document.querySelector(`[data-conversation="${next}"]`)?.scrollIntoView({ block: "nearest" });
}

function canned(open: OpenConversation): void {
  if (!open.text.reply.value) open.write("reply", "/");
  open.compose("reply");
}

/** Do what the key stands for; tells when it asks for the list of keys. */
export function onShortcut(event: KeyboardEvent, desk: Desk): "help" | undefined {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (isTyping(event.target)) return undefined;
  const arrows = !(
    event.target instanceof Element && event.target.closest("[role=tablist], .thread")
  );
  const { key } = event;
  if (key === "j" || (key === "ArrowDown" && arrows)) move(desk, 1);
  else if (key === "k" || (key === "ArrowUp" && arrows)) move(desk, -1);
  else if (key === "r" && desk.open.value) desk.open.value.compose("reply");
  else if (key === "n" && desk.open.value) desk.open.value.compose("note");
  else if (key === "/" && desk.open.value?.mine.value) canned(desk.open.value);
  else if (key === "a" && desk.open.value) void desk.accept();
  else if (key === "Escape" && (desk.open.value || route.value.answer)) leave();
  else if (key === "5") go({ page: "questions" });
  else if (key === "6") go({ page: "answers" });
  else if (key >= "1" && key <= "4") go({ tab: TABS[Number(key) - 1] ?? "waiting" });
  else if (key === "?") return helped(event);
  else return undefined;
  event.preventDefault();
  return undefined;
}

function helped(event: KeyboardEvent): "help" {
  event.preventDefault();
  return "help";
}
