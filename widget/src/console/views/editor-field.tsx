/** The fields of an answer's form: each writes its part of the source. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { a } from "../answer-texts.ts";
import type { Editing } from "../editing.ts";
import { type Key, list, text, withList, withText } from "../source.ts";

interface FieldProps {
  label: string;
  hint?: string;
  class?: string;
  /** The field, told what describes it. */
  children: (describedBy: string | undefined) => ComponentChildren;
}

export function Field({ label, hint, class: extra = "", children }: FieldProps) {
  const id = useId();
  return (
    <div class={`editor-field ${extra}`}>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is its child */}
      <label>
        <span class="editor-label">{label}</span>
        {children(hint ? id : undefined)}
      </label>
      {hint && (
        <p id={id} class="editor-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** In place of a field that would lose something. */
export function OnlyInSource({ label, show }: { label: string; show: () => void }) {
  return (
    <div class="editor-field">
      <span class="editor-label">{label}</span>
      <p class="editor-hint">
        {a.inSource}{" "}
        <button type="button" class="linklike" onClick={show}>
          {a.openSource}
        </button>
      </p>
    </div>
  );
}

export interface PartProps {
  editing: Editing;
  name: Key;
  label: string;
  hint?: string;
  /** Turns to the source. */
  show: () => void;
}

export function LineField({ editing, name, label, hint, show }: PartProps) {
  const value = text(editing.source.value, name);
  if (value === null) return <OnlyInSource label={label} show={show} />;
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(describedBy) => (
        <input
          type="text"
          value={value}
          maxLength={200}
          aria-describedby={describedBy}
          onInput={(event) => {
            editing.write(withText(editing.source.peek(), name, event.currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}

export function DayField({ editing, name, label, show }: PartProps) {
  const value = text(editing.source.value, name);
  if (value === null) return <OnlyInSource label={label} show={show} />;
  return (
    <Field label={label}>
      {() => (
        <input
          type="date"
          value={value}
          onChange={(event) => {
            editing.write(withText(editing.source.peek(), name, event.currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}

function linesIn(value: string): readonly string[] {
  return value
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

export function ListField({ editing, name, label, hint, show }: PartProps) {
  // An empty line that is just being begun is in no list.
  const typed = useSignal("");
  const values = list(editing.source.value, name);
  if (values === null) return <OnlyInSource label={label} show={show} />;
  const kept = values.join("\n");
  const value = linesIn(typed.value).join("\n") === kept ? typed.value : kept;
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(describedBy) => (
        <textarea
          rows={Math.min(12, Math.max(2, value.split("\n").length + 1))}
          value={value}
          aria-describedby={describedBy}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            editing.write(withList(editing.source.peek(), name, linesIn(typed.value)));
          }}
        />
      )}
    </Field>
  );
}
