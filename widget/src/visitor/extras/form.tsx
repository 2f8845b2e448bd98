/** A form that asks for what is not known yet. */

import type { FormField } from "../../protocol/index.ts";
import type { MessageRow } from "../rows.ts";
import type { Texts } from "../texts/en.ts";
import { Button, fill, isEmail, useRef, useState, useWidget } from "./kit.ts";

interface FormProps {
  readonly row: MessageRow;
  readonly form: readonly FormField[];
}

type Values = Record<string, string>;

const AUTOCOMPLETE: Values = { email: "email", name: "name", phone: "tel", tel: "tel" };
const MODES: Partial<Record<FormField["type"], "decimal" | "email" | "tel">> = {
  email: "email",
  number: "decimal",
  tel: "tel",
};
/** What the server takes. */
const LONGEST: Record<string, number> = { email: 254, name: 100 };

export function Form({ row, form }: FormProps) {
  const { state } = useWidget();
  const { filled } = row;
  if (filled && filled.state !== "failed") return <Sent form={form} filled={filled} />;
  const asked = form.filter(({ name }) => !state.facts[name]);
  return asked.length > 0 ? <Ask row={row} form={asked} /> : null;
}

function Ask({ row, form }: FormProps) {
  const { state, act, texts } = useWidget();
  const { filled, offset } = row;
  const place = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState<Values>({});
  const [values, setValues] = useState<Values>(() => ({
    ...Object.fromEntries(form.map(({ name, value = "" }) => [name, value])),
    ...filled?.fields,
    ...act.filling(offset),
  }));
  const closed = state.conversation.state === "closed";

  const write = (name: string, value: string) => {
    const next = { ...values, [name]: value };
    setValues(next);
    setFaults({ ...faults, [name]: "" });
    act.filling(offset, next);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const given = form.flatMap(({ name }) => {
      const value = (values[name] ?? "").trim();
      return value ? [[name, value]] : [];
    });
    const found: Values = {};
    for (const field of form) {
      // Where all may be left out, something has to be there all the same.
      const fault = faultIn(field, values[field.name] ?? "", given.length > 0, texts);
      if (fault) found[field.name] = fault;
    }
    setFaults(found);
    const first = form.findIndex(({ name }) => found[name]);
    if (first >= 0) place.current?.querySelectorAll("input")[first]?.focus();
    else act.fillIn(offset, Object.fromEntries(given), filled?.key);
  };

  return (
    <form ref={place} class="extra" noValidate onSubmit={submit}>
      {form.map((field) => (
        <Field
          key={field.name}
          id={`straks-${offset}-${field.name}`}
          field={field}
          value={values[field.name] ?? ""}
          fault={faults[field.name] ?? ""}
          disabled={closed}
          write={write}
        />
      ))}
      {filled && (
        <p class="fault" role="alert">
          {texts.failed} {fill(texts.refusedOther, { code: filled.error ?? "" })}
        </p>
      )}
      <div class="extra-buttons">
        <Button type="submit" look="primary" disabled={closed}>
          {texts.send}
        </Button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly id: string;
  readonly field: FormField;
  readonly value: string;
  readonly fault: string;
  readonly disabled: boolean;
  readonly write: (name: string, value: string) => void;
}

function Field({ id, field, value, fault, disabled, write }: FieldProps) {
  const { texts } = useWidget();
  const { name, label, type, optional } = field;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="hint"> ({texts.optional})</span>}
      </label>
      <input
        id={id}
        name={name}
        // A number may be that of an order: it is no quantity to be counted up and down.
        type={(type === "number" ? "text" : type) as "text"}
        inputMode={MODES[type]}
        autocomplete={AUTOCOMPLETE[name] ?? AUTOCOMPLETE[type] ?? "on"}
        maxLength={LONGEST[name] ?? 300}
        value={value}
        disabled={disabled}
        required={!optional}
        aria-invalid={fault !== ""}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onInput={(event) => write(name, event.currentTarget.value)}
      />
      {fault && (
        <p id={`${id}-fault`} class="fault">
          {fault}
        </p>
      )}
    </div>
  );
}

/** What is wrong with what was typed into a field; `some`: at least one was filled in. */
function faultIn(field: FormField, typed: string, some: boolean, texts: Texts): string {
  const value = typed.trim();
  const { type, name, optional } = field;
  if (!value) return optional && some ? "" : texts.needed;
  if ((type === "email" || name === "email") && !isEmail(value)) return texts.emailBad;
  if (type === "number" && !/^[+-]?\d[\d .,]*$/.test(value)) return texts.numberBad;
  if (type === "tel" && !/^\+?[\d\s()./-]{4,30}$/.test(value)) return texts.phoneBad;
  return "";
}

function Sent({ form, filled }: Pick<FormProps, "form"> & Required<Pick<MessageRow, "filled">>) {
  const { texts } = useWidget();
  const fields = filled?.fields ?? {};
  return (
    <dl class="extra sent" aria-label={filled?.state === "sent" ? texts.sent : texts.sending}>
      {form.map(
        ({ name, label }) =>
          fields[name] && (
            <div>
              <dt>{label}</dt>
              <dd dir="auto">{fields[name]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
