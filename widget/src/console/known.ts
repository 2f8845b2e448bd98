/** What is known of a visitor, and how far they are: told by the entries of their conversation. */

import type { Entry } from "../protocol/index.ts";
import { t } from "./texts.ts";

type Told = Pick<Entry, "offset" | "kind" | "data" | "from">;

export interface Fact {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

export interface FormField {
  readonly name: string;
  readonly label: string;
}

export interface Step {
  readonly title?: string;
  readonly text: string;
  readonly html: string;
}

export interface Choice {
  readonly answer: string;
  readonly title: string;
}

function array<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}

export function formOf({ data }: Pick<Entry, "data">): readonly FormField[] {
  return array<FormField>(data["form"]);
}

export function stepsOf({ data }: Pick<Entry, "data">): readonly Step[] {
  return array<Step>(data["steps"]);
}

export function choicesOf({ data }: Pick<Entry, "data">): readonly Choice[] {
  return array<Choice>(data["choices"]);
}

/** Why somebody was passed on as an expert; nothing where they were not, or say so themselves. */
export function expertReasons({ data, from }: Pick<Entry, "data" | "from">): readonly string[] {
  if (from.kind === "visitor") return [];
  const expert = data["expert"] as { reasons?: unknown } | undefined;
  return array<string>(expert?.reasons);
}

/** How many steps of each guide are done, by its offset; of several entries the last counts. */
export function progress(said: readonly Told[]): Map<number, number> {
  const done = new Map<number, number>();
  for (const { kind, data } of said) {
    if (kind === "step") done.set(Number(data["answer"]), Number(data["step"]));
  }
  return done;
}

/** What the forms call the facts that they ask for. */
export function labels(said: readonly Told[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of said) {
    if (entry.kind !== "answer") continue;
    for (const { name, label } of formOf(entry)) found.set(name, label);
  }
  return found;
}

/** What we call a fact: the usual ones in our words, others in the form's, else by their name. */
export function labelOf(name: string, asked: ReadonlyMap<string, string>): string {
  const words = name.replaceAll("_", " ");
  return t.facts[name] ?? asked.get(name) ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** The facts that one entry tells, as they are written in it. */
export function told({ kind, data }: Pick<Told, "kind" | "data">): readonly [string, string][] {
  const source =
    kind === "message"
      ? data["known"]
      : kind === "details"
        ? data["fields"]
        : kind === "contact"
          ? { name: data["name"], email: data["email"] }
          : undefined;
  const pairs = Object.entries(source ?? {});
  return pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string");
}

/**
 * Everything that is known, the newest of each: who they are comes first. What earlier
 * conversations said, which the server tells, gives way to what this one says.
 */
export function facts(said: readonly Told[]): readonly Fact[] {
  const asked = labels(said);
  const values = new Map<string, string>();
  const here = new Set<string>();
  for (const entry of said) {
    for (const [name, value] of told(entry)) {
      if (entry.from.kind !== "server") here.add(name);
      else if (here.has(name)) continue;
      values.set(name, value);
    }
  }
  const first = ["name", "email", "phone"];
  const rank = (name: string) => (first.indexOf(name) + first.length + 1) % (first.length + 1);
  return [...values]
    .map(([name, value]) => ({ name, value, label: labelOf(name, asked) }))
    .sort((a, b) => rank(a.name) - rank(b.name));
}
