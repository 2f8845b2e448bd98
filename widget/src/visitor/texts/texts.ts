/** Loads the texts of one language and fills them in. */

import { part } from "../parts.ts";
import type { Language } from "../shell.ts";
import type { Texts } from "./en.ts";

/** The texts of `lang`; English when they cannot be fetched. */
export async function loadTexts(lang: Language): Promise<Texts> {
  const texts = (name: Language) => part<{ texts: Texts }>(name).then((module) => module.texts);
  return texts(lang).catch(() => texts("en"));
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
