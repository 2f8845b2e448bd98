/** One answer that is being edited: what it was, what it is now, what saving it would change. */

import { batch, computed, signal } from "@preact/signals";
import { type AnswerSource, type Api, ApiError, type Trial } from "./api.ts";
import { fileOf, nameOf } from "./proposal.ts";
import { text } from "./source.ts";
import { t } from "./texts.ts";
import { isNew, type Origin, type UnsavedAnswers } from "./unsaved.ts";

export type Doing = "review" | "save" | "confirm" | "remove";

export interface Trouble {
  readonly message: string;
  /** In the source. */
  readonly line?: number | undefined;
}

type Files = Pick<Api, "answerFile" | "saveAnswer" | "removeAnswer" | "tryAnswer">;

export interface Heard {
  saved(answer: AnswerSource, from: Origin | undefined): void;
  removed(): void;
}

export class Editing {
  readonly status = signal<"loading" | "ready" | "missing" | "failed">("loading");
  readonly source = signal("");
  /** What the server has; null where the answer is new. */
  readonly base = signal<AnswerSource | null>(null);
  /** Of a new answer: null follows the title. */
  readonly name = signal<string | null>(null);
  readonly busy = signal<Doing | null>(null);
  readonly trouble = signal<Trouble | null>(null);
  readonly trial = signal<Trial | null>(null);
  /** What somebody else saved meanwhile. */
  readonly theirs = signal<AnswerSource | null>(null);
  from: Origin | undefined;

  constructor(
    readonly key: string,
    private readonly api: Files,
    private readonly unsaved: UnsavedAnswers,
    private readonly heard: Heard,
  ) {}

  readonly isNew = computed(() => this.base.value === null);
  readonly dirty = computed(
    () => this.isNew.value || this.source.value !== this.base.value?.source,
  );
  readonly called = computed(
    () => this.name.value ?? nameOf(text(this.source.value, "title") ?? ""),
  );
  readonly file = computed(() => {
    if (!isNew(this.key)) return this.key;
    return fileOf(this.called.value, text(this.source.value, "lang") ?? "");
  });

  /** Read what is typed and not saved, and what the server has. */
  async load(): Promise<void> {
    this.status.value = "loading";
    const typed = this.unsaved.get(this.key);
    this.from = typed?.from;
    if (isNew(this.key)) {
      this.source.value = typed?.source ?? "";
      this.name.value = typed?.name ?? null;
      this.status.value = typed ? "ready" : "missing";
      return;
    }
    try {
      this.arrived(await this.api.answerFile(this.key));
    } catch (error) {
      if (!typed) {
        this.status.value =
          error instanceof ApiError && error.status === 404 ? "missing" : "failed";
        return;
      }
      // What was typed is there, whatever became of the file.
      const { source, was, version } = typed;
      const gone = error instanceof ApiError && error.status === 404;
      const known = version !== undefined && !gone;
      batch(() => {
        this.source.value = source;
        this.base.value = known
          ? { file: this.key, source: was ?? "", origin: "console", version }
          : null;
        this.status.value = "ready";
        this.tell(error);
      });
    }
  }

  private arrived(found: AnswerSource): void {
    const typed = this.unsaved.get(this.key);
    const source = found.source.replaceAll("\r\n", "\n");
    batch(() => {
      this.status.value = "ready";
      this.base.value = { ...found, source };
      this.source.value = typed?.source ?? source;
      if (!typed || typed.source === source) this.unsaved.remove(this.key);
      else if (typed.version !== found.version) this.theirs.value = { ...found, source };
    });
  }

  /** Something was typed: it is kept at once, and what was tried holds no more. */
  write(source: string): void {
    if (source === this.source.value) return;
    batch(() => {
      this.source.value = source;
      this.trial.value = null;
      this.trouble.value = null;
      this.keep();
    });
  }

  rename(name: string): void {
    this.name.value = name;
    this.trouble.value = null;
    this.keep();
  }

  private keep(): void {
    const { base } = this;
    if (!this.dirty.value) {
      this.unsaved.remove(this.key);
      return;
    }
    this.unsaved.set(this.key, {
      source: this.source.value,
      was: base.value?.source,
      version: base.value?.version,
      name: this.name.value ?? undefined,
      from: this.from,
    });
  }

  /** Ask what saving would change. */
  async review(): Promise<void> {
    await this.during("review", async () => {
      const tried = this.source.value;
      const trial = await this.api.tryAnswer(this.file.value, tried);
      // Who typed on meanwhile is not told of what they no longer have.
      if (this.source.value === tried) this.trial.value = trial;
    });
  }

  /** Back from what would change to writing. */
  revise(): void {
    this.trial.value = null;
  }

  async save(doing: Doing = "save"): Promise<void> {
    await this.during(doing, async () => {
      const version = this.base.value?.version;
      const sent = this.source.value;
      const saved = await this.api.saveAnswer(this.file.value, sent, version);
      this.settle(saved, sent);
      this.heard.saved(saved, this.from);
    });
  }

  /** What was sent is kept; what was typed since then is still to be saved. */
  private settle(saved: AnswerSource, sent: string): void {
    const typed = this.source.value;
    this.unsaved.remove(this.key);
    if (typed !== sent) {
      const { source: was, version } = saved;
      this.unsaved.set(saved.file, { source: typed, was, version });
    }
    batch(() => {
      this.base.value = saved;
      if (typed === sent) this.source.value = saved.source;
      this.trial.value = null;
    });
  }

  /** Say that it still holds: the server writes down who said so, and when. */
  confirm(): Promise<void> {
    return this.save("confirm");
  }

  /** Remove the console's version. */
  async remove(): Promise<void> {
    const base = this.base.value;
    if (!base) return;
    await this.during("remove", async () => {
      await this.api.removeAnswer(this.key, base.version);
      this.unsaved.remove(this.key);
      this.heard.removed();
    });
  }

  /** Forget what was typed. */
  discard(): void {
    this.unsaved.remove(this.key);
    const base = this.base.value;
    batch(() => {
      this.trial.value = null;
      this.trouble.value = null;
      if (base) this.source.value = base.source;
    });
    if (!base) this.heard.removed();
  }

  /** What I typed is to follow what somebody else saved. */
  keepMine(): void {
    const theirs = this.theirs.value;
    if (!theirs) return;
    batch(() => {
      this.base.value = theirs;
      this.theirs.value = null;
      this.keep();
    });
  }

  takeTheirs(): void {
    const theirs = this.theirs.value;
    if (!theirs) return;
    batch(() => {
      this.base.value = theirs;
      this.source.value = theirs.source;
      this.theirs.value = null;
      this.keep();
    });
  }

  private async during(doing: Doing, work: () => Promise<void>): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = doing;
    this.trouble.value = null;
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) await this.collided();
      else this.tell(error);
    } finally {
      this.busy.value = null;
    }
  }

  private async collided(): Promise<void> {
    this.trial.value = null;
    if (isNew(this.key)) {
      this.trouble.value = { message: t.nameTaken(this.file.value) };
      return;
    }
    try {
      this.theirs.value = await this.api.answerFile(this.key);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        // Somebody removed it: what I have is new again.
        this.base.value = null;
        this.keep();
        this.trouble.value = { message: t.removedMeanwhile };
      } else this.tell(error);
    }
  }

  private tell(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    this.trial.value = null;
    if (error.status === 0) this.trouble.value = { message: t.noServer };
    else if (error.status === 401) this.trouble.value = { message: t.expiredLead };
    else if (error.status === 404) this.trouble.value = { message: t.removedMeanwhile };
    else if (error.status >= 500 || !error.message)
      this.trouble.value = { message: t.serverTrouble };
    else this.trouble.value = { message: error.message, line: error.line };
  }
}
