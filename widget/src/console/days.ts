/** Days and languages as people read them. */

import { LOCALE } from "./clock.ts";

/** "2026-12-01" as "1 Dec 2026"; anything else as it is. */
export function day(date: string): string {
  const at = new Date(`${date}T12:00:00`);
  if (Number.isNaN(at.getTime())) return date;
  return at.toLocaleDateString(LOCALE, { day: "numeric", month: "short", year: "numeric" });
}

/** "da" is "Danish". */
export function languageName(lang: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(lang) ?? lang;
  } catch {
    return lang;
  }
}
