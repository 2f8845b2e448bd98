/** An answer as a form, and as its source: two ways to write the same text. */

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { a } from "../answer-texts.ts";
import { languageName } from "../days.ts";
import type { Editing } from "../editing.ts";
import { LANGUAGES } from "../proposal.ts";
import { body, list, text, withBody, withText } from "../source.ts";
import { DayField, Field, LineField, ListField, OnlyInSource } from "./editor-field.tsx";

const YES = new Set(["yes", "true", "on"]);

function LanguageField({ editing }: { editing: Editing }) {
  const lang = text(editing.source.value, "lang");
  if (!editing.isNew.value || lang === null) return null;
  const value = lang || "en";
  const offered = [...new Set([...LANGUAGES, value])];
  return (
    <Field label={a.language} class="editor-short">
      {() => (
        <select
          value={value}
          onChange={(event) => {
            editing.write(withText(editing.source.peek(), "lang", event.currentTarget.value));
          }}
        >
          {offered.map((each) => (
            <option key={each} value={each}>
              {languageName(each)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function NameField({ editing }: { editing: Editing }) {
  if (!editing.isNew.value || editing.key === editing.file.value) return null;
  return (
    <Field label={a.name} hint={a.nameHint(editing.file.value)}>
      {(describedBy) => (
        <input
          type="text"
          value={editing.called.value}
          maxLength={64}
          spellcheck={false}
          autocapitalize="off"
          aria-describedby={describedBy}
          onInput={(event) => {
            const name = event.currentTarget.value.toLowerCase().replace(/[^a-z0-9_/]+/g, "-");
            event.currentTarget.value = name;
            editing.rename(name);
          }}
        />
      )}
    </Field>
  );
}

function BodyField({ editing }: { editing: Editing }) {
  const source = editing.source.value;
  const value = body(source);
  const lang = text(source, "lang") || undefined;
  return (
    <Field label={a.body} hint={a.bodyHint}>
      {(describedBy) => (
        <textarea
          class="editor-mono"
          rows={Math.min(24, Math.max(8, value.split("\n").length + 2))}
          value={value}
          lang={lang}
          dir="auto"
          aria-describedby={describedBy}
          onInput={(event) => {
            editing.write(withBody(editing.source.peek(), event.currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}

function GuideField({ editing, show }: { editing: Editing; show: () => void }) {
  const id = useId();
  const value = text(editing.source.value, "guide");
  if (value === null) return <OnlyInSource label={a.guide} show={show} />;
  return (
    <div class="editor-field">
      <label class="editor-check">
        <input
          type="checkbox"
          checked={YES.has(value.toLowerCase())}
          aria-describedby={id}
          onChange={(event) => {
            const next = event.currentTarget.checked ? "yes" : "";
            editing.write(withText(editing.source.peek(), "guide", next));
          }}
        />
        {a.guide}
      </label>
      <p id={id} class="editor-hint">
        {a.guideHint}
      </p>
    </div>
  );
}

/** Whether one of the parts that most answers do without is there. */
function hasMore(source: string): boolean {
  const texts = (["guide", "valid_from", "valid_until"] as const).map((name) => text(source, name));
  return list(source, "buttons")?.length !== 0 || texts.some((each) => each !== "");
}

export function Form({ editing, show }: { editing: Editing; show: () => void }) {
  const part = { editing, show };
  const more = useRef(hasMore(editing.source.peek()));
  return (
    <div class="editor-form">
      <LineField {...part} name="title" label={a.title} hint={a.titleHint} />
      <ListField {...part} name="phrases" label={a.phrases} hint={a.phrasesHint} />
      <BodyField editing={editing} />
      <LanguageField editing={editing} />
      <NameField editing={editing} />
      <details class="editor-more" open={more.current}>
        <summary>{a.more}</summary>
        <GuideField {...part} />
        <ListField {...part} name="buttons" label={a.buttons} hint={a.buttonsHint} />
        <div class="editor-dates">
          <DayField {...part} name="valid_from" label={a.validFrom} />
          <DayField {...part} name="valid_until" label={a.validUntil} />
        </div>
      </details>
    </div>
  );
}

/** The source; `line` is brought into view and marked. */
export function Source({ editing, line }: { editing: Editing; line: number | undefined }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || !line) return;
    const lines = element.value.split("\n");
    const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    element.focus();
    element.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
  }, [line]);
  return (
    <div class="editor-form">
      <Field label={a.source} hint={a.sourceHint} class="editor-whole">
        {(describedBy) => (
          <textarea
            ref={field}
            class="editor-mono"
            rows={24}
            spellcheck={false}
            autocapitalize="off"
            value={editing.source.value}
            aria-describedby={describedBy}
            onInput={(event) => editing.write(event.currentTarget.value)}
          />
        )}
      </Field>
    </div>
  );
}
