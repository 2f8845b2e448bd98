/** What the widget shows and what a visitor can do, between the store and the components. */

import type { Answer, Facts, Principal } from "../protocol/index.ts";
import type { Folded } from "./fold.ts";
import type { Identity } from "./identity.ts";
import type { Row } from "./rows.ts";
import type { ReadonlySignal } from "./signals.ts";
import type { Site } from "./site.ts";

/** Characters of a message, or of what answers are looked up for: the server takes no more. */
export const MAX_TEXT = 10_000;

/** What the components show. */
export interface State {
  readonly opened: boolean;
  readonly site: Site | undefined;
  /** The chat may not be used here: the error code. */
  readonly refusal: string | undefined;
  /** The connection has been gone for long enough to be worth a word. */
  readonly apart: boolean;
  readonly online: boolean;
  readonly started: boolean;
  readonly conversation: Folded;
  readonly rows: readonly Row[];
  /** What is known of the visitor, and not asked for. */
  readonly facts: Facts;
  /** Somebody is there; undefined until we know. */
  readonly available: boolean | undefined;
  readonly members: readonly Principal[];
  readonly typists: readonly Principal[];
  readonly unread: number;
  /** A person was asked for, as far as this visitor is concerned. */
  readonly asked: boolean;
  readonly draft: string;
  /** Answers that may fit the draft, best first. */
  readonly suggestions: readonly Answer[];
  /** The form that leaves a message while nobody is here is shown. */
  readonly leaving: boolean;
}

/** What the visitor can do. */
export interface Actions {
  open(): void;
  close(): void;
  /** `answer`: the suggested one that these words are the title of. */
  send(text: string, answer?: string): void;
  /** Keep what is being typed, and let the other side know that somebody types. */
  write(text: string): void;
  /** `words`: what opens a conversation that there is none of yet. */
  askPerson(words: string): Promise<void>;
  /** Say whether the answer at an offset helped. */
  judge(answer: number, helped: boolean): void;
  /** So many steps of the guide at an offset are done. */
  step(answer: number, step: number): void;
  /** Fill in the form at an offset, in place of the attempt under the key `instead`. */
  fillIn(answer: number, fields: Facts, instead?: string): void;
  /** Keep what is being filled in there; gives what is kept of it. */
  filling(answer: number, values?: Facts): Facts | undefined;
  leaveMessage(text: string, email: string): void;
  leaveEmail(email: string): void;
  cancelLeaving(): void;
  retry(key: string): void;
  discard(key: string): void;
  /** Fetch the page of history before what is shown. */
  older(): void;
}

export interface Store {
  readonly state: ReadonlySignal<State>;
  readonly act: Actions;
  /** The page says who the visitor is. */
  identify(identity: Identity): void;
  destroy(): void;
}
