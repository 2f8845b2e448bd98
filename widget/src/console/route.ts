/** What the address names: `#/waiting`, `#/mine/ID`, `#/answers/FILE`, `#/questions`. */

import { computed, signal } from "@preact/signals";
import { TABS, type Tab } from "./summary.ts";

export type Page = "inbox" | "questions" | "answers";

export interface Route {
  readonly page: Page;
  /** The inbox's; kept while another page is shown, so that one comes back to it. */
  readonly tab: Tab;
  readonly conversation: string | null;
  /** The file, or the draft, that is being edited. */
  readonly answer: string | null;
}

const START: Route = { page: "inbox", tab: "waiting", conversation: null, answer: null };

function fileIn(part: string | undefined): string | null {
  try {
    const file = decodeURIComponent(part ?? "");
    return /^[\w+][\w+./-]{0,127}$/.test(file) ? file : null;
  } catch {
    return null;
  }
}

/** Read an address's fragment; anything unknown is the first tab. `from` is where one was. */
export function parse(hash: string, from: Route = START): Route {
  const [first, id] = hash.replace(/^#\/?/, "").split("/");
  if (first === "questions") return { ...from, page: first, answer: null };
  if (first === "answers") return { ...from, page: first, answer: fileIn(id) };
  const known = TABS.find((each) => each === first);
  const conversation = id && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
  return { page: "inbox", tab: known ?? "waiting", conversation, answer: null };
}

/** The fragment that names a place. */
export function hashOf({ page, tab, conversation, answer }: Route): string {
  if (page === "questions") return "#/questions";
  if (page === "answers") return `#/answers${answer ? `/${encodeURIComponent(answer)}` : ""}`;
  return `#/${tab}${conversation ? `/${conversation}` : ""}`;
}

export const route = signal<Route>(START);
export const tab = computed(() => route.value.tab);
export const selected = computed(() =>
  route.value.page === "inbox" ? route.value.conversation : null,
);

export function followAddress(): void {
  const read = () => {
    route.value = parse(location.hash, route.value);
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  read();
}

function inDetail(at: Route): boolean {
  return at.page === "inbox" ? at.conversation !== null : at.answer !== null;
}

/**
 * Going from a list into what it lists, or to another page, can be undone by the back button;
 * moving on in a list not. Without a `page`, the inbox is meant.
 */
export function go(next: Partial<Route>): void {
  const to: Route = { ...route.value, page: "inbox", answer: null, ...next };
  const hash = hashOf(to);
  const moved = to.page !== route.value.page;
  const deeper = inDetail(to) && !inDetail(route.value) && !moved;
  if (deeper) history.pushState({ deeper: true }, "", hash);
  else if (moved) history.pushState({}, "", hash);
  else if (location.hash !== hash) history.replaceState(history.state, "", hash);
  route.value = to;
}

/** Back to the list. */
export function leave(): void {
  if (history.state?.deeper) history.back();
  else go({ page: route.value.page, conversation: null, answer: null });
}
