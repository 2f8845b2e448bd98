/** The field for a message, and how long one may be. */

import type { Ref, TextareaHTMLAttributes } from "preact";
import { useWidget } from "../context.ts";
import { MAX_TEXT } from "../state.ts";
import { fill } from "../texts/texts.ts";

/** By how many characters `text` is too long; as the server counts, a pair of surrogates is one. */
export function overBy(text: string): number {
  const { length } = text.trim();
  return (length > MAX_TEXT ? [...text.trim()].length : length) - MAX_TEXT;
}

interface DraftFieldProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  readonly field: Ref<HTMLTextAreaElement>;
}

/** One at a time, with its `TooLong` beside it. */
export function DraftField({ field, ...rest }: DraftFieldProps) {
  const { state, act } = useWidget();
  const over = overBy(state.draft) > 0;
  return (
    <textarea
      ref={field}
      dir="auto"
      value={state.draft}
      aria-invalid={over}
      aria-describedby={over ? "straks-over" : undefined}
      onInput={(event) => act.write(event.currentTarget.value)}
      {...rest}
    />
  );
}

/** The word on a draft that is too long; nothing on any other. */
export function TooLong() {
  const { state, texts, locale } = useWidget();
  const over = overBy(state.draft);
  if (over <= 0) return null;
  return (
    <p id="straks-over" class="fault" role="alert">
      {fill(texts.tooLong, {
        over: over.toLocaleString(locale),
        max: MAX_TEXT.toLocaleString(locale),
      })}
    </p>
  );
}
