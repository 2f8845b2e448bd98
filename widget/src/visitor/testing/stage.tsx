/** Components in a state that a test makes, with deeds that it can look up. */

import { type ComponentChildren, render } from "preact";
import { act as settled } from "preact/test-utils";
import { type Fixed, FixedContext, StateContext } from "../context.ts";
import type { MessageRow } from "../rows.ts";
import type { State } from "../state.ts";
import { texts } from "../texts/en.ts";

/** What was done: the names of the deeds and what they were given. */
export type Deeds = [name: string, ...what: unknown[]][];

export interface Shown {
  readonly root: HTMLElement;
  readonly deeds: Deeds;
  /** Show something, in a state that differs from the usual one. */
  show(what: ComponentChildren, state?: object): void;
}

export function stage(fixed: Partial<Fixed> = {}, kept: Record<number, object> = {}): Shown {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const deeds: Deeds = [];
  const act = new Proxy({} as Fixed["act"], {
    get:
      (_, name: string) =>
      (...given: unknown[]) => {
        if (name === "filling" && given.length === 1) return kept[given[0] as number];
        while (given.length > 0 && given.at(-1) === undefined) given.pop();
        deeds.push([name, ...given]);
        return undefined;
      },
  });
  const usual = { conversation: { state: "self_service" }, facts: {}, draft: "", rows: [] };
  return {
    root,
    deeds,
    show(what, state = {}) {
      const all = { act, texts, lang: "en", locale: "en", close() {}, ...fixed } as Fixed;
      const now = { ...usual, ...state } as unknown as State;
      settled(() =>
        render(
          <FixedContext.Provider value={all}>
            <StateContext.Provider value={now}>{what}</StateContext.Provider>
          </FixedContext.Provider>,
          root,
        ),
      );
    },
  };
}

/** An answer as a row, at offset 2. */
export function answerRow(data: object, more: Partial<MessageRow> = {}): MessageRow {
  return {
    type: "message",
    key: "k",
    at: 0,
    own: false,
    from: { kind: "app", id: "answers" },
    text: "",
    data: { question: 1, answer: "a", score: 1, ...data },
    offset: 2,
    answer: 2,
    done: 0,
    first: true,
    last: true,
    ...more,
  };
}

/** Press the button of this name, as a mouse does that clicks for the `times`th time. */
export function press(root: ParentNode, name: string, times = 1): void {
  const found = [...root.querySelectorAll("button")].find((each) => each.textContent === name);
  if (!found) throw new Error(`no button ${name}`);
  settled(() => {
    found.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: times }));
  });
}

/** Type into the field with this label. */
export function type(root: ParentNode, label: string, text: string): void {
  const field = input(root, label);
  settled(() => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export function input(root: ParentNode, label: string): HTMLInputElement {
  const found = [...root.querySelectorAll("label")].find((each) =>
    each.textContent.startsWith(label),
  );
  const field = found && root.querySelector(`#${CSS.escape(found.htmlFor)}`);
  if (!field) throw new Error(`no field ${label}`);
  return field as HTMLInputElement;
}

export function submit(root: ParentNode): void {
  settled(() => {
    root
      .querySelector("form")
      ?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
}
