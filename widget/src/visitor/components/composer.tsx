/** Where the visitor writes. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { send as sendPath } from "../../ui/paths.ts";
import { useWidget } from "../context.ts";
import { DraftField, overBy, TooLong } from "./draft.tsx";
import { focusAbove } from "./field.ts";

export function Composer() {
  const { state, act, texts } = useWidget();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = state.draft;
  const able = text.trim() !== "" && overBy(text) <= 0;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text, state.opened]);

  const send = () => {
    // The form for it may be on its way.
    if (able && state.leaving) act.leaveMessage(text.trim(), "");
    else if (able) act.send(text.trim());
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
      <TooLong />
      <div class="composer-row">
        <DraftField
          field={field}
          rows={1}
          aria-label={texts.message}
          placeholder={state.conversation.state === "closed" ? texts.again : texts.placeholder}
          enterkeyhint="send"
          onKeyDown={onKeyDown}
        />
        <Button look="icon" type="submit" class="send" label={texts.send} aria-disabled={!able}>
          <Glyph path={sendPath} />
        </Button>
      </div>
    </form>
  );
}
