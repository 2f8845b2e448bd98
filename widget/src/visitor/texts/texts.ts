/** Loads the texts of one language and fills them in. */

import type { Language } from "../shell.ts";
import { en, type Texts } from "./en.ts";

type Loader = () => Promise<{ texts: Texts }>;

const LOADERS: Record<Exclude<Language, "en">, Loader> = {
  sv: () => import("./sv.ts"),
  da: () => import("./da.ts"),
  nb: () => import("./nb.ts"),
  nl: () => import("./nl.ts"),
  pl: () => import("./pl.ts"),
};

/** The texts of `lang`; English when they cannot be fetched. */
export async function loadTexts(lang: Language): Promise<Texts> {
  if (lang === "en") return en;
  try {
    return (await LOADERS[lang]()).texts;
  } catch {
    return en;
  }
}

/** Put `values` in place of the names in braces. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

/** "3 new messages", in the grammar of `lang`. */
export function countUnread(texts: Texts, lang: Language, n: number): string {
  const form = new Intl.PluralRules(lang).select(n);
  const key = `unread_${form}` as keyof Texts;
  return fill(texts[key] ?? texts.unread_other, { n });
}
