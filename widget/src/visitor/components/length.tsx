/** How long a message may be, told where it is written. */

import { useWidget } from "../context.ts";
import { MAX_TEXT } from "../state.ts";
import { fill } from "../texts/texts.ts";

/** By how many characters `text` is too long; as the server counts, a pair of surrogates is one. */
export function overBy(text: string): number {
  const { length } = text.trim();
  return (length > MAX_TEXT ? [...text.trim()].length : length) - MAX_TEXT;
}

/** The word on a text that is `over` characters too long; nothing on any other. */
export function TooLong({ over, id }: { over: number; id: string }) {
  const { texts, locale } = useWidget();
  if (over <= 0) return null;
  const [by, max] = [over, MAX_TEXT].map((count) => count.toLocaleString(locale));
  return (
    <p id={id} class="fault" role="alert">
      {fill(texts.tooLong, { over: by ?? "", max: max ?? "" })}
    </p>
  );
}
