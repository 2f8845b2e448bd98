/** Answers that may fit what is being typed, asked for whenever the typing pauses. */

import type { Answer, ClockPort } from "../protocol/index.ts";
import { computed, effect, type Signal } from "./signals.ts";
import { MAX_TEXT } from "./state.ts";

const PAUSE_MS = 200;
const MOST = 3;

export interface SuggestOptions {
  /** What is being typed, made of signals; nothing while nothing is to be suggested. */
  readonly typed: () => string;
  readonly ask: (text: string) => Promise<readonly Answer[]>;
  readonly clock: ClockPort;
  /** Where the suggestions go. */
  readonly found: Signal<readonly Answer[]>;
}

/** Suggest from the second word on, until what is returned is called. */
export function suggest({ typed, ask, clock, found }: SuggestOptions): () => void {
  const question = computed(() => {
    const text = typed().trim();
    return /\s/.test(text) && text.length <= MAX_TEXT ? text : "";
  });
  return effect(() => {
    const text = question.value;
    let current = true;
    const take = (answers: readonly Answer[]) => {
      if (current) found.value = answers.slice(0, MOST);
    };
    // What cannot be asked now is no trouble: nothing is suggested.
    const nothing = () => take([]);
    if (!text) nothing();
    // What is shown stays until there is an answer to what is typed now: it would flicker.
    const cancel = clock.after(PAUSE_MS, () => {
      if (text) ask(text).then(take, nothing);
    });
    return () => {
      current = false;
      cancel();
    };
  });
}
