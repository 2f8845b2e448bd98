/** The list of all answers, and what is searched in it. */

import { computed, signal } from "@preact/signals";
import type { AnswerFile, Api, BrokenFile } from "./api.ts";

export class AnswerList {
  readonly status = signal<"loading" | "ready" | "failed">("loading");
  readonly files = signal<readonly AnswerFile[]>([]);
  readonly broken = signal<readonly BrokenFile[]>([]);
  readonly query = signal("");
  /** "" is all. */
  readonly lang = signal("");
  /** The file that was saved last: said where it is shown. */
  readonly saved = signal("");

  constructor(private readonly api: Pick<Api, "answerFiles">) {}

  readonly languages = computed(() =>
    [...new Set(this.files.value.map((each) => each.lang))].sort(),
  );

  /** Those that hold every word that is searched for. */
  readonly shown = computed(() => {
    const words = this.query.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const lang = this.lang.value;
    return this.files.value.filter((each) => (!lang || each.lang === lang) && holds(each, words));
  });

  async load(): Promise<void> {
    try {
      const { files, errors } = await this.api.answerFiles();
      this.files.value = [...files].sort(byTitle);
      this.broken.value = errors;
      this.status.value = "ready";
    } catch {
      if (this.files.value.length === 0) this.status.value = "failed";
    }
  }
}

function byTitle(a: AnswerFile, b: AnswerFile): number {
  return a.title.localeCompare(b.title) || (a.file < b.file ? -1 : 1);
}

function holds({ title, file, tags, author }: AnswerFile, words: readonly string[]): boolean {
  const text = `${title} ${file} ${tags.join(" ")} ${author ?? ""}`.toLocaleLowerCase();
  return words.every((word) => text.includes(word));
}
