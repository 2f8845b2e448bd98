/** How components reach the store and the texts. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Store } from "./store.ts";
import type { Texts } from "./texts/en.ts";

export interface Widgetry {
  readonly store: Store;
  readonly texts: Texts;
  /** Close the panel and give the focus back to the launcher. */
  readonly close: () => void;
}

export const WidgetContext = createContext<Widgetry | undefined>(undefined);

export function useWidget(): Widgetry {
  const widget = useContext(WidgetContext);
  if (!widget) throw new Error("a component outside of the widget");
  return widget;
}
