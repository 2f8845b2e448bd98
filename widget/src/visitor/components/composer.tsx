/** Where the visitor writes. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { Glyph } from "../../ui/glyph.tsx";
import { send as sendPath } from "../../ui/paths.ts";
import { useWidget } from "../context.ts";
import { focusAbove } from "./field.ts";
import { overBy, TooLong } from "./length.tsx";

export function Composer() {
  const { state, act, texts } = useWidget();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = state.draft;
  const over = overBy(text);
  const able = text.trim() !== "" && over <= 0;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text, state.opened]);

  const send = () => {
    if (able) act.send(text.trim());
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Safari ends a composition before the Enter that ended it: its code tells.
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowUp") focusAbove(event);
    if (event.key !== "Enter") return;
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
      <TooLong over={over} id="straks-over" />
      <div class="composer-row">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          aria-label={texts.message}
          placeholder={state.conversation.state === "closed" ? texts.again : texts.placeholder}
          aria-invalid={over > 0}
          aria-describedby={over > 0 ? "straks-over" : undefined}
          enterkeyhint="send"
          onInput={(event) => act.write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          class="btn btn-icon send"
          title={texts.send}
          aria-label={texts.send}
          aria-disabled={!able}
        >
          <Glyph path={sendPath} />
        </button>
      </div>
    </form>
  );
}
