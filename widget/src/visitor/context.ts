/** How components reach the state, the deeds and the texts. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "./shell.ts";
import type { Actions, State } from "./state.ts";
import type { Texts } from "./texts/en.ts";

export interface Widgetry {
  readonly state: State;
  readonly act: Actions;
  readonly texts: Texts;
  readonly lang: Language;
  /** The visitor's own variant of the language, for times and numbers. */
  readonly locale: string;
  /** Close the panel and give the focus back to the launcher. */
  readonly close: () => void;
}

export const WidgetContext = createContext<Widgetry | undefined>(undefined);

export function useWidget(): Widgetry {
  const widget = useContext(WidgetContext);
  if (!widget) throw new Error("a component outside of the widget");
  return widget;
}
