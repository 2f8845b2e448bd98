/** The text field of replies and notes, with the canned replies above it. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { CannedReply } from "../api.ts";
import { insert, matching, type Slash, slashAt } from "../canned.ts";
import type { Mode } from "../drafts.ts";
import type { OpenConversation } from "../open.ts";
import { t } from "../texts.ts";
import { CannedMenu, MENU_ID, optionId } from "./canned-menu.tsx";

/** The field grows with its text up to here, then scrolls. */
const MAX_HEIGHT = 220;

interface Props {
  mode: Mode;
  open: OpenConversation;
  replies: readonly CannedReply[];
}

/** What the keys do while the menu of canned replies is open; null when it is not. */
function useCanned({ mode, open, replies }: Props, field: { current: HTMLTextAreaElement | null }) {
  const slash = useSignal<Slash | null>(null);
  const active = useSignal(0);
  const found = slash.value ? matching(replies, slash.value.query) : [];

  const look = () => {
    const element = field.current;
    slash.value =
      element && mode === "reply" ? slashAt(element.value, element.selectionStart) : null;
    active.value = 0;
  };
  const choose = (reply: CannedReply) => {
    const element = field.current;
    if (!element || !slash.value) return;
    const next = insert(element.value, element.selectionStart, slash.value, reply);
    slash.value = null;
    open.write(mode, next.text);
    element.value = next.text;
    element.setSelectionRange(next.caret, next.caret);
    element.focus();
  };
  /** True when the key was for the menu. */
  const key = (event: KeyboardEvent): boolean => {
    if (!slash.value) return false;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const chosen = found[active.value];
    if (step && found.length) active.value = (active.value + step + found.length) % found.length;
    else if ((event.key === "Enter" || event.key === "Tab") && chosen) choose(chosen);
    else if (event.key === "Escape") slash.value = null;
    else return false;
    event.preventDefault();
    return true;
  };
  return { shown: slash.value !== null, found, active: active.value, look, choose, key };
}

/** As high as its text. */
function useHeight(field: { current: HTMLTextAreaElement | null }, text: string) {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(MAX_HEIGHT, element.scrollHeight)}px`;
  }, [field, text]);
}

export function Field(props: Props) {
  const { mode, open } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = open.text[mode].value;
  const canned = useCanned(props, field);
  const over = [...text].length - open.limit;
  const wanted = open.wanted.value;
  useHeight(field, text);
  // Before the next key is pressed: who types on at once loses no letter.
  useLayoutEffect(() => {
    if (wanted === 0) return;
    field.current?.focus();
    canned.look();
  }, [wanted]);

  function send() {
    if (!text.trim() || over > 0) return;
    open.send(mode);
    field.current?.focus();
  }

  function pressed(event: KeyboardEvent) {
    // Safari ends a composition before the Enter that ended it: its code tells.
    if (event.isComposing || event.keyCode === 229 || canned.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      event.preventDefault();
      field.current?.blur();
    }
  }

  const hint = mode === "note" ? t.writeNote : t.writeReply;
  const label = mode === "note" ? t.privateNote : t.replyTo(open.visitor.value);
  return (
    <div class="field-place">
      {canned.shown && (
        <CannedMenu replies={canned.found} active={canned.active} choose={canned.choose} />
      )}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        placeholder={hint}
        aria-label={label}
        aria-controls={canned.found.length > 0 ? MENU_ID : undefined}
        aria-activedescendant={canned.found.length > 0 ? optionId(canned.active) : undefined}
        onInput={(event) => {
          open.write(mode, event.currentTarget.value);
          canned.look();
        }}
        onClick={canned.look}
        onKeyDown={pressed}
      />
      <div class="field-foot">
        <span class="field-hint" role="status">
          {over > 0 ? t.tooLong(over) : ""}
        </span>
        <Button look="primary" class="send" aria-disabled={!text.trim() || over > 0} onClick={send}>
          <Icon name="send" />
          {mode === "note" ? t.addNote : t.send}
        </Button>
      </div>
    </div>
  );
}
