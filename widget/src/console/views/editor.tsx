/** The right side of the answers: one answer, written, tried out, saved. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { a } from "../answer-texts.ts";
import type { Editing } from "../editing.ts";
import type { AnswerList } from "../files.ts";
import { leave } from "../route.ts";
import { isTyping } from "../shortcuts.ts";
import { t } from "../texts.ts";
import { Foot } from "./editor-foot.tsx";
import { Form, Source } from "./editor-form.tsx";
import { Head } from "./editor-head.tsx";
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
