/** What a new answer begins with: from an agent's reply, or from what nobody could answer. */

import type { Entry } from "../protocol/index.ts";
import type { AnswerFile, QuestionGroup } from "./api.ts";
import { compose } from "./source.ts";

/** The languages that the console offers by name. */
export const LANGUAGES = ["en", "da", "nb", "nl", "pl", "sv"] as const;

const MAX_TITLE = 80;
/** What the server takes as one phrase. */
const MAX_PHRASE = 200;
const MAX_NAME = 48;
const LETTERS: Readonly<Record<string, string>> = { æ: "ae", ø: "o", å: "a", ł: "l", ß: "ss" };

/** One line of at most `limit` characters, cut between words. */
export function shortened(text: string, limit = MAX_TITLE): string {
  const line = text.replace(/\s+/g, " ").trim();
  const characters = [...line];
  if (characters.length <= limit) return line;
  const head = characters.slice(0, limit - 1).join("");
  const space = head.lastIndexOf(" ");
  return `${space > limit / 2 ? head.slice(0, space) : head}…`;
}

/** Ways to ask, each once and no longer than the server takes them. */
export function phrasesOf(texts: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const each of texts) {
    const line = shortened(each, MAX_PHRASE);
    const key = line.toLocaleLowerCase();
    if (line && !found.has(key)) found.set(key, line);
  }
  return [...found.values()];
}

/** A name out of a title: "Hvornår kommer min pakke?" is `hvornar-kommer-min-pakke`. */
export function nameOf(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[æøåłß]/g, (letter) => LETTERS[letter] ?? "")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, "");
  return plain || "answer";
}

/** The file of a new answer in a language; English is what a file without one is in. */
export function fileOf(name: string, lang: string): string {
  return lang && lang !== "en" ? `${name}.${lang}.md` : `${name}.md`;
}

/** `name`, or with a number behind it where there is such a file already. */
export function free(name: string, lang: string, files: readonly AnswerFile[]): string {
  const taken = new Set(files.map((each) => each.file));
  let next = name;
  for (let number = 2; taken.has(fileOf(next, lang)); number += 1) next = `${name}-${number}`;
  return next;
}

/** Lines of a chat message as Markdown: each is a paragraph, but for lists. */
function asMarkdown(text: string): string {
  return text.trim().replace(/\n+(?!\s*(?:[-*]|\d+[.)])\s)/g, "\n\n");
}

/** What the visitor last said before the entry at `offset`. */
export function questionBefore(entries: readonly Entry[], offset: number): string {
  const asked = entries.filter(
    (each) => each.offset < offset && each.kind === "message" && each.from.kind === "visitor",
  );
  const text = asked.at(-1)?.data["text"];
  return typeof text === "string" ? text : "";
}

/** A new file that says what an agent replied to a question. */
export function fromReply(question: string, reply: string, lang: string | undefined): string {
  const title = shortened(question || reply);
  return compose({ title, lang, phrases: phrasesOf([question]), body: asMarkdown(reply) });
}

/** A new file that the answer to a group of questions is still to be written in. */
export function fromGroup(group: QuestionGroup): string {
  const phrases = phrasesOf([group.text, ...group.examples.map((each) => each.text)]);
  return compose({ title: shortened(group.text), lang: group.lang, phrases, body: "" });
}

/** The file that the answer `id` stands in, in the language or in English. */
export function fileFor(
  files: readonly AnswerFile[],
  id: string,
  lang: string | undefined,
): AnswerFile | undefined {
  const those = files.filter((each) => each.id === id);
  return (
    those.find((each) => each.lang === lang) ?? those.find((each) => each.lang === "en") ?? those[0]
  );
}
