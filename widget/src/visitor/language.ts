/** Which of our languages a visitor gets. */

import { LANGUAGES, type Language } from "./shell.ts";

const ALIASES: Record<string, Language> = { no: "nb", nn: "nb" };

/** The first of `tags` (BCP 47) that we speak; else English. */
export function chooseLanguage(tags: readonly (string | null | undefined)[]): Language {
  return tags.map((tag) => languageOf(tag ?? "")).find((lang) => lang) ?? "en";
}

function languageOf(tag: string): Language | undefined {
  const base = tag.toLowerCase().split(/[-_]/)[0] ?? "";
  return ALIASES[base] ?? LANGUAGES.find((each) => each === base);
}

/** The first of `tags` that is a variant of `lang`, as `en-GB` is of `en`; else `lang`. */
export function chooseLocale(lang: Language, tags: readonly string[]): string {
  return tags.find((tag) => languageOf(tag) === lang) ?? lang;
}
