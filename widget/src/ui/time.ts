/** Times as people read them, in their own language. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const made = new Map<string, Intl.DateTimeFormat>();

function format(at: number, lang: string, options: Intl.DateTimeFormatOptions): string {
  const key = lang + JSON.stringify(options);
  let formatter = made.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(lang, options);
    made.set(key, formatter);
  }
  return formatter.format(at);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Whether two times (ms) fall on one local day. */
export function sameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b);
}

/** The time of day: "14:05". */
export function clockTime(at: number, lang: string): string {
  return format(at, lang, { hour: "numeric", minute: "2-digit" });
}

/** The whole time, for titles and screen readers. */
export function fullTime(at: number, lang: string): string {
  return format(at, lang, { dateStyle: "full", timeStyle: "short" });
}

/** The day: "today", "yesterday", a weekday within the last week, else a date. */
export function dayLabel(at: number, now: number, lang: string): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-days, "day");
    return word.charAt(0).toLocaleUpperCase(lang) + word.slice(1);
  }
  if (days > 1 && days < 7) return format(at, lang, { weekday: "long" });
  return format(at, lang, { day: "numeric", month: "long", year: "numeric" });
}

function unit(value: number, name: string, lang: string): string {
  return new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "narrow" }).format(
    value,
  );
}

/** A span in its largest unit: "now" is `null`, then "3m", "2h", "5d". */
export function shortSpan(ms: number, lang: string): string | null {
  if (ms < MINUTE) return null;
  if (ms < HOUR) return unit(Math.floor(ms / MINUTE), "minute", lang);
  if (ms < DAY) return unit(Math.floor(ms / HOUR), "hour", lang);
  return unit(Math.floor(ms / DAY), "day", lang);
}

/** A ticking wait: "0:07", "12:40", "1:02:05". */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const rest = pad(seconds % 60);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}`;
}
