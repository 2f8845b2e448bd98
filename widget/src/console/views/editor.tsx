/** The right side of the answers: one answer, written, tried out, saved. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button, IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { a } from "../answer-texts.ts";
import { day, languageName } from "../days.ts";
import type { Editing } from "../editing.ts";
import type { AnswerList } from "../files.ts";
import { go, leave } from "../route.ts";
import { isTyping } from "../shortcuts.ts";
import { text } from "../source.ts";
import { t } from "../texts.ts";
import { Ask } from "./ask.tsx";
import { Form, Source } from "./editor-form.tsx";
import { Conflict, Review } from "./editor-review.tsx";

type View = "form" | "source";

function Blank({ title, words, back }: { title?: string; words: string; back?: boolean }) {
  return (
    <section class="conversation conversation-none" aria-label={a.editor}>
      <div class="empty">
        <Icon name={back ? "alert" : "book"} />
        {title && <h3>{title}</h3>}
        <p>{words}</p>
        {back && (
          <Button look="quiet" onClick={leave}>
            {a.back}
          </Button>
        )}
      </div>
    </section>
  );
}

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

function Head({ editing, list }: { editing: Editing; list: AnswerList }) {
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

function Views({ view, choose }: { view: View; choose: (view: View) => void }) {
  return (
    <div class="modes">
      {(["form", "source"] as const).map((each) => (
        <button
          key={each}
          type="button"
          class="mode"
          aria-pressed={view === each}
          onClick={() => choose(each)}
        >
          {a[each]}
        </button>
      ))}
    </div>
  );
}

function Trouble({ editing, show }: { editing: Editing; show: (line: number) => void }) {
  const trouble = editing.trouble.value;
  return (
    <div role="alert">
      {trouble && (
        <p class="head-problem">
          <Icon name="alert" />
          <span>{trouble.message}</span>
          {trouble.line !== undefined && (
            <button type="button" class="linklike" onClick={() => show(trouble.line ?? 1)}>
              {a.line(trouble.line)}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function Discard({ editing }: { editing: Editing }) {
  const asking = useSignal(false);
  return (
    <>
      <Button look="plain" onClick={() => (asking.value = true)}>
        {a.discard}
      </Button>
      {asking.value && (
        <Ask
          title={a.discardTitle}
          text={a.discardText}
          action={a.discard}
          done={(yes) => {
            asking.value = false;
            if (yes) editing.discard();
          }}
        />
      )}
    </>
  );
}

function Foot({ editing, list }: { editing: Editing; list: AnswerList }) {
  const dirty = editing.dirty.value;
  const busy = editing.busy.value;
  const saved = list.saved.value === editing.file.value;
  if (editing.trial.value) {
    return (
      <footer class="editor-foot">
        <span />
        <Button look="quiet" onClick={() => editing.revise()}>
          {a.revise}
        </Button>
        <Button look="primary" aria-disabled={busy !== null} onClick={() => void editing.save()}>
          {busy === "save" ? a.saving : a.save}
        </Button>
      </footer>
    );
  }
  return (
    <footer class="editor-foot">
      <span role="status">{dirty ? a.kept : saved ? a.saved : ""}</span>
      {dirty && <Discard editing={editing} />}
      <Button
        look="primary"
        aria-disabled={!dirty || busy !== null}
        onClick={() => dirty && void editing.review()}
      >
        {busy === "review" ? a.reviewing : a.review}
      </Button>
    </footer>
  );
}

function Written({ editing, list }: { editing: Editing; list: AnswerList }) {
  const view = useSignal<View>("form");
  const line = useSignal<number | undefined>(undefined);
  const theirs = editing.theirs.value;
  const trial = editing.trial.value;

  function choose(next: View, at?: number) {
    view.value = next;
    line.value = at;
  }
  function pressed(event: KeyboardEvent) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (trial) void editing.save();
      else if (editing.dirty.value && !theirs) void editing.review();
    } else if (event.key === "Escape" && trial) {
      event.preventDefault();
      editing.revise();
    } else if (event.key === "Escape" && isTyping(event.target)) {
      if (!(event.target instanceof HTMLElement) || event.target.closest("dialog")) return;
      event.preventDefault();
      event.target.blur();
    }
  }
  useEffect(() => {
    // What is looked for elsewhere is not what was found last.
    if (view.value === "form") line.value = undefined;
  }, [view.value, line, view]);

  return (
    <section class="conversation editor" aria-label={a.editor} onKeyDown={pressed}>
      <Head editing={editing} list={list} />
      <div class="editor-body">
        {theirs ? (
          <Conflict editing={editing} theirs={theirs} />
        ) : trial ? (
          <Review trial={trial} />
        ) : (
          <>
            <Views view={view.value} choose={choose} />
            {view.value === "form" ? (
              <Form editing={editing} show={() => choose("source")} />
            ) : (
              <Source editing={editing} line={line.value} />
            )}
          </>
        )}
      </div>
      <Trouble editing={editing} show={(at) => choose("source", at)} />
      {!theirs && <Foot editing={editing} list={list} />}
    </section>
  );
}

export function EditorPane({ editing, list }: { editing: Editing | null; list: AnswerList }) {
  if (!editing) return <Blank title={a.pickTitle} words={a.pickText} />;
  const { value: status } = editing.status;
  if (status === "missing") return <Blank words={a.missing} back />;
  if (status === "failed") return <Blank words={a.failed} back />;
  if (status === "loading") {
    return (
      <section class="conversation conversation-none" aria-label={a.editor}>
        <div class="part-wait">
          <Spinner label={t.loading} />
        </div>
      </section>
    );
  }
  return <Written editing={editing} list={list} />;
}
