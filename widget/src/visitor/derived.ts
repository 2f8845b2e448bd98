/** What follows from a conversation's log, and from what is on its way there. */

import {
  type ChannelView,
  type Entry,
  type Facts,
  factsIn,
  isPending,
  type OutboxItem,
} from "../protocol/index.ts";
import { fold } from "./fold.ts";
import type { Told } from "./identity.ts";
import { rowsOf } from "./rows.ts";
import { computed, type ReadonlySignal } from "./signals.ts";

interface Given {
  readonly channel: ReadonlySignal<string | undefined>;
  readonly view: ReadonlySignal<ChannelView | undefined>;
  readonly outbox: ReadonlySignal<readonly OutboxItem[]>;
  readonly seen: ReadonlySignal<number>;
  readonly leaving: ReadonlySignal<boolean>;
  readonly told: ReadonlySignal<Told>;
}

export function derive({ channel, view, outbox, seen, leaving, told }: Given) {
  const entries = computed(() => view.value?.entries ?? []);
  const folded = computed(() => fold(entries.value));
  const going = computed(() => outbox.value.filter((item) => item.state !== "failed"));
  const readTo = computed(() => {
    let most = 0;
    for (const [who, offset] of view.value?.reads ?? []) {
      if (who.startsWith("agent:")) most = Math.max(most, offset);
    }
    return most;
  });
  const rows = computed(() => rowsOf(entries.value, outbox.value, readTo.value));
  /** What the conversation knows of the visitor; `facts`: with what it is told next. */
  const logged = computed(() => factsIn([...entries.value, ...going.value]));
  const facts = computed<Facts>(() => ({ ...told.value.known, ...logged.value }));
  const typists = computed(() =>
    (view.value?.typing ?? []).filter((who) => who.kind !== "visitor"),
  );
  const unread = computed(
    () => entries.value.filter((entry) => entry.offset > seen.value && isForMe(entry)).length,
  );
  const asked = computed(
    () =>
      folded.value.state === "waiting" ||
      folded.value.state === "with_agent" ||
      going.value.some((item) => item.kind === "ask_human"),
  );
  /** Nobody but the answers answers here, as far as we know. */
  const alone = computed(() => {
    const { state, certain } = folded.value;
    const fresh = !channel.value || isPending(channel.value);
    return !asked.value && !leaving.value && (fresh || (certain && state === "self_service"));
  });
  return { entries, folded, rows, logged, facts, typists, unread, asked, alone };
}

/** An entry that a visitor wants to know of. */
function isForMe(entry: Entry): boolean {
  return (entry.kind === "message" || entry.kind === "answer") && entry.from.kind !== "visitor";
}
