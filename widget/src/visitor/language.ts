/** Which of our languages a visitor gets. */

import { LANGUAGES, type Language } from "./shell.ts";

const ALIASES: Record<string, Language> = { no: "nb", nn: "nb" };

/** The first of `tags` (BCP 47) that we speak; else English. */
export function chooseLanguage(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const base = (tag ?? "").toLowerCase().split(/[-_]/)[0] ?? "";
    const lang = ALIASES[base] ?? LANGUAGES.find((each) => each === base);
    if (lang) return lang;
  }
  return "en";
}
