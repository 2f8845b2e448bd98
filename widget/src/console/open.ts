/** The conversation that is open: its channels, its state, what the agent does in it. */

import { batch, computed, type Signal, signal } from "@preact/signals";
import {
  type ChannelView,
  type Client,
  type OutboxItem,
  type Principal,
  RequestError,
} from "../protocol/index.ts";
import type { Api } from "./api.ts";
import type { Drafts, Mode } from "./drafts.ts";
import type { Inbox } from "./inbox.ts";
import { facts } from "./known.ts";
import { agentName, fold, isMine, newer, type Summary, visitorName } from "./summary.ts";
import { t } from "./texts.ts";
import { grouped, timeline } from "./timeline.ts";

export type Action = "accept" | "close" | "reopen";

const NOTHING = { entries: [], hasOlder: false } as const;

export class OpenConversation {
  readonly channel: string;
  readonly deskChannel: string;
  /** What is being done, so that its button waits. */
  readonly busy = signal<Action | null>(null);
  /** Why the last action did not do what was wanted. */
  readonly problem = signal("");
  /** There is no such conversation, or it is not ours. */
  readonly missing = signal(false);
  readonly loadingOlder = signal(false);
  readonly mode: Signal<Mode>;
  /** Moves when the field should take the focus. */
  readonly wanted = signal(0);
  readonly text: Readonly<Record<Mode, Signal<string>>>;

  /** The views and the outbox are read again whenever this moves. */
  private readonly version = signal(0);
  private readonly fetched = signal<Summary | undefined>(undefined);
  private readonly me: Principal;

  constructor(
    readonly id: string,
    me: { readonly id: string; readonly name: string },
    private readonly client: Client,
    private readonly api: Pick<Api, "conversation">,
    private readonly inbox: Inbox,
    private readonly drafts: Drafts,
  ) {
    this.text = { reply: signal(drafts.get(id, "reply")), note: signal(drafts.get(id, "note")) };
    // A note that was begun goes on as a note: nobody is to finish it as a reply.
    this.mode = signal(this.text.note.value ? "note" : "reply");
    this.me = { kind: "agent", id: me.id, name: me.name };
    this.channel = `conversation:${id}`;
    this.deskChannel = `desk:${id}`;
  }

  readonly view = computed<ChannelView | undefined>(() => {
    this.version.value;
    const view = this.client.view(this.channel);
    return view && { ...view };
  });

  private readonly desk = computed<ChannelView | undefined>(() => {
    this.version.value;
    const view = this.client.view(this.deskChannel);
    return view && { ...view };
  });

  private readonly outbox = computed<readonly OutboxItem[]>(() => {
    this.version.value;
    return [...this.client.outbox(this.channel), ...this.client.outbox(this.deskChannel)];
  });

  /** The newest that is known: from the list, asked for, or folded from the entries. */
  readonly summary = computed<Summary | undefined>(() => {
    const listed = this.inbox.summaries.value.get(this.id);
    const known = listed && this.fetched.value ? newer(this.fetched.value, listed) : listed;
    const base = known ?? this.fetched.value;
    return base && fold(base, this.view.value?.entries ?? []);
  });

  readonly mine = computed(() => {
    const summary = this.summary.value;
    return summary !== undefined && isMine(summary, this.me.id);
  });

  readonly visitor = computed(() => {
    const summary = this.summary.value;
    return summary ? visitorName(summary.visitor) : "";
  });

  /** What is known of the visitor, from the entries that are loaded. */
  readonly facts = computed(() => facts(this.view.value?.entries ?? []));

  readonly here = computed(() =>
    (this.view.value?.members ?? []).some((each) => each.kind === "visitor"),
  );

  readonly typing = computed(() =>
    (this.view.value?.typing ?? []).filter((each) => each.id !== this.me.id),
  );

  private readonly readUpTo = computed(() => {
    let furthest = 0;
    for (const [who, offset] of this.view.value?.reads ?? []) {
      if (who.startsWith("visitor:")) furthest = Math.max(furthest, offset);
    }
    return furthest;
  });

  readonly groups = computed(() =>
    grouped(
      timeline(
        this.view.value ?? NOTHING,
        this.desk.value ?? NOTHING,
        this.outbox.value,
        this.me,
        this.readUpTo.value,
      ),
    ),
  );

  readonly lastOffset = computed(() => this.view.value?.position.offset ?? 0);

  /** Follow its channels; asks for its summary where no list has shown it. */
  start(): void {
    this.client.subscribe(this.channel);
    this.client.subscribe(this.deskChannel);
    this.touch();
    if (!this.inbox.get(this.id)) void this.fetchSummary();
  }

  /** Look away; a conversation that is `held` is followed on, its visitor still sees us there. */
  stop(held = false): void {
    this.client.typing(this.channel, false);
    if (!held) this.client.unsubscribe(this.channel);
    this.client.unsubscribe(this.deskChannel);
  }

  /** There is news of it: what was missing, from a log that had lost it perhaps, is there again. */
  found(): void {
    if (!this.missing.value) return;
    this.missing.value = false;
    this.client.subscribe(this.channel);
    this.client.subscribe(this.deskChannel);
    this.touch();
  }

  /** Something in its views or in the outbox moved. */
  touch(): void {
    batch(() => {
      this.version.value += 1;
      const view = this.client.view(this.channel);
      if (view?.ended === "not_found" || view?.ended === "forbidden") this.missing.value = true;
    });
  }

  /** The agent has seen everything up to the end. */
  read(): void {
    if (this.lastOffset.value > 0) this.client.read(this.channel, this.lastOffset.value);
  }

  async older(): Promise<void> {
    if (this.loadingOlder.value || !this.view.value?.hasOlder) return;
    this.loadingOlder.value = true;
    try {
      await this.client.older(this.channel);
      await this.olderNotes();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    } finally {
      this.loadingOlder.value = false;
    }
  }

  /** Read notes back to the time of the first message that is shown. */
  private async olderNotes(): Promise<void> {
    const first = this.client.view(this.channel)?.entries[0]?.at ?? 0;
    for (;;) {
      const desk = this.client.view(this.deskChannel);
      const earliest = desk?.entries[0]?.at;
      if (!desk?.hasOlder || earliest === undefined || earliest < first) return;
      await this.client.older(this.deskChannel);
      if (this.client.view(this.deskChannel)?.entries[0]?.at === earliest) return;
    }
  }

  /** Turn to the reply or the note, ready to type. */
  compose(mode: Mode): void {
    this.mode.value = mode;
    this.wanted.value += 1;
  }

  /** Something was typed; it is kept until it is sent. */
  write(mode: Mode, text: string): void {
    this.text[mode].value = text;
    this.drafts.set(this.id, mode, text);
    if (mode === "reply" && this.mine.value) this.client.typing(this.channel, text !== "");
  }

  /** Send what is typed. From here on the outbox keeps it. */
  send(mode: Mode): void {
    const text = this.text[mode].value.trim();
    if (!text) return;
    if (mode === "note") this.client.publish(this.deskChannel, "note", { text });
    else this.client.publish(this.channel, "message", { text });
    this.write(mode, "");
    this.touch();
  }

  retry(key: string): void {
    this.client.retry(key);
    this.touch();
  }

  /** Take what was not sent back to where it was typed, before what is there by now. */
  edit(key: string, mode: Mode, text: string): void {
    this.client.discard(key);
    const typed = this.text[mode].value;
    this.write(mode, typed ? `${text}\n${typed}` : text);
    this.compose(mode);
    this.touch();
  }

  /** Characters that a message may have. */
  get limit(): number {
    return this.client.limits?.text ?? 8000;
  }

  /** Resolves to whether it was done; `problem` says why it was not. */
  async act(action: Action): Promise<boolean> {
    const summary = this.summary.value;
    if (!summary || this.busy.value) return false;
    this.busy.value = action;
    this.problem.value = "";
    try {
      await this.attempt(action, summary.state_offset);
      return true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.explain(error);
      void this.fetchSummary();
      return false;
    } finally {
      this.busy.value = null;
    }
  }

  private async attempt(action: Action, expect: number, again = true): Promise<void> {
    try {
      await this.client.publish(this.channel, action, {}, { expect, durable: false }).settled;
    } catch (error) {
      // That the visitor asked for a person meanwhile is no reason not to accept.
      const moved = error instanceof RequestError && error.code === "conflict";
      if (!moved || !again || action !== "accept" || !error.stateOffset) throw error;
      await this.attempt(action, error.stateOffset, false);
    }
  }

  private explain(error: RequestError): void {
    if (error.code === "already_taken" && error.by) {
      this.problem.value = t.takenBy(agentName(error.by));
    } else if (error.code === "conflict" || error.code === "wrong_state") {
      this.problem.value = t.changedMeanwhile;
    } else this.problem.value = t.actionFailed;
  }

  private async fetchSummary(): Promise<void> {
    try {
      const summary = await this.api.conversation(this.id);
      this.fetched.value = newer(this.fetched.value, summary);
    } catch {
      // Its channel says whether it exists; a lost connection is told by the banner.
    }
  }
}
