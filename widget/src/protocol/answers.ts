/** What an `answer` may carry beside its text (PROTOCOL.md §6). */

/** Names and values of what is known of a visitor. */
export type Facts = Readonly<Record<string, string>>;

/** One of several answers that may be meant. */
export interface Choice {
  readonly answer: string;
  readonly title: string;
}

export interface GuideStep {
  readonly title?: string;
  readonly text: string;
  readonly html: string;
}

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "email" | "tel" | "number" | "date";
  /** Filled in beforehand. */
  readonly value?: string;
  readonly optional?: boolean;
}

export interface AnswerData {
  readonly question: number;
  readonly answer: string | null;
  readonly score: number;
  readonly title?: string;
  readonly text?: string;
  readonly html?: string;
  readonly lang?: string;
  readonly tags?: readonly string[];
  readonly buttons?: readonly string[];
  readonly choices?: readonly Choice[];
  readonly steps?: readonly GuideStep[];
  readonly form?: readonly FormField[];
}
