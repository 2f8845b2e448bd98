/** What answer is being edited, and what else can be done with it. */

import { useSignal } from "@preact/signals";
import { Button, IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { a } from "../answer-texts.ts";
import { day, languageName } from "../days.ts";
import type { Editing } from "../editing.ts";
import type { AnswerList } from "../files.ts";
import { go, leave } from "../route.ts";
import { text } from "../source.ts";
import { Ask } from "./ask.tsx";

/** Where it is kept, by whom, when it was last confirmed, how it does. */
function About({ editing, list }: { editing: Editing; list: AnswerList }) {
  const { value: base } = editing.base;
  const listed = list.files.value.find((each) => each.file === editing.file.value);
  const lang = text(editing.source.value, "lang") || listed?.lang || "en";
  return (
    <p class="facts editor-facts">
      <span class="fact">{languageName(lang)}</span>
      {base && <span class="fact">{base.origin === "folder" ? a.fromFolder : a.fromConsole}</span>}
      {listed?.author && <span class="fact">{a.by(listed.author)}</span>}
      {listed && (
        <span class="fact">
          {listed.confirmed ? a.confirmed(day(listed.confirmed)) : a.neverConfirmed}
        </span>
      )}
    </p>
  );
}

function Actions({ editing }: { editing: Editing }) {
  const asking = useSignal(false);
  const base = editing.base.value;
  if (!base) return null;
  const busy = editing.busy.value !== null;
  return (
    <div class="editor-actions">
      {!editing.dirty.value && (
        <Button
          look="quiet"
          title={a.confirmHint}
          aria-disabled={busy}
          onClick={() => void editing.confirm()}
        >
          <Icon name="check" />
          {a.confirm}
        </Button>
      )}
      {base.origin === "console" && (
        <Button look="plain" aria-disabled={busy} onClick={() => (asking.value = true)}>
          {a.remove}
        </Button>
      )}
      {asking.value && (
        <Ask
          title={a.removeTitle}
          text={a.removeText}
          action={a.remove}
          done={(yes) => {
            asking.value = false;
            if (yes) void editing.remove();
          }}
        />
      )}
    </div>
  );
}

export function Head({ editing, list }: { editing: Editing; list: AnswerList }) {
  const title = text(editing.source.value, "title");
  const { from } = editing;
  return (
    <header class="conversation-head">
      <div class="head-row">
        <IconButton icon="back" label={a.back} class="only-narrow" onClick={leave} />
        <div class="head-who">
          <div class="head-name">
            <h2>{title || (editing.isNew.value ? a.newAnswer : editing.file.value)}</h2>
          </div>
          <About editing={editing} list={list} />
        </div>
        {from && (
          <Button look="plain" onClick={() => go({ conversation: from.conversation })}>
            {a.toConversation}
          </Button>
        )}
        <Actions editing={editing} />
      </div>
    </header>
  );
}
