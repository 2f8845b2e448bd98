/** Where the visitor writes. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../../ui/button.tsx";
import { useWidget } from "../context.ts";
import { MAX_TEXT } from "../store.ts";
import { fill } from "../texts/texts.ts";

/** Characters as the server counts them: a pair of surrogates is one. */
function lengthOf(text: string): number {
  return text.length > MAX_TEXT ? [...text].length : text.length;
}

export function Composer() {
  const { store, texts } = useWidget();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = store.draft.value;
  const over = lengthOf(text.trim()) - MAX_TEXT;
  const able = text.trim() !== "" && over <= 0;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text, store.opened.value]);

  const send = () => {
    if (able) store.act.send(text.trim());
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {over > 0 && (
        <p id="straks-over" class="fault" role="alert">
          {fill(texts.tooLong, {
            over: over.toLocaleString(store.lang),
            max: MAX_TEXT.toLocaleString(store.lang),
          })}
        </p>
      )}
      <div class="composer-row">
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={texts.message}
          placeholder={store.folded.value.state === "closed" ? texts.again : texts.placeholder}
          aria-invalid={over > 0}
          aria-describedby={over > 0 ? "straks-over" : undefined}
          enterkeyhint="send"
          onInput={(event) => store.act.write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <IconButton
          type="submit"
          icon="send"
          label={texts.send}
          class="send"
          aria-disabled={!able}
        />
      </div>
    </form>
  );
}
