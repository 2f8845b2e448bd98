/** Which tab and which conversation the address names: `#/waiting`, `#/mine/ID`. */

import { computed, signal } from "@preact/signals";
import { TABS, type Tab } from "./summary.ts";

export interface Route {
  readonly tab: Tab;
  readonly conversation: string | null;
}

/** Read an address's fragment; anything unknown is the first tab. */
export function parse(hash: string): Route {
  const [tab, id] = hash.replace(/^#\/?/, "").split("/");
  const known = TABS.find((each) => each === tab);
  const conversation = id && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
  return { tab: known ?? "waiting", conversation };
}

export const route = signal<Route>({ tab: "waiting", conversation: null });
export const tab = computed(() => route.value.tab);
export const selected = computed(() => route.value.conversation);

export function followAddress(): void {
  const read = () => {
    route.value = parse(location.hash);
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  read();
}

/** Going from the list into a conversation can be undone by the back button; moving on not. */
export function go(next: Partial<Route>): void {
  const to: Route = { ...route.value, ...next };
  const hash = `#/${to.tab}${to.conversation ? `/${to.conversation}` : ""}`;
  const deeper = to.conversation !== null && route.value.conversation === null;
  if (deeper) history.pushState({ deeper: true }, "", hash);
  else if (location.hash !== hash) history.replaceState(history.state, "", hash);
  route.value = to;
}

/** Back to the list. */
export function leave(): void {
  if (history.state?.deeper) history.back();
  else go({ conversation: null });
}
