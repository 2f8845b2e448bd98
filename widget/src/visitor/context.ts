/** How components reach the state, the deeds and the texts. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Extras } from "./extras/extras.tsx";
import type { Language } from "./shell.ts";
import type { Actions, State } from "./state.ts";
import type { Texts } from "./texts/en.ts";

/** What stays as it is while the widget runs. */
export interface Fixed {
  readonly act: Actions;
  readonly texts: Texts;
  readonly lang: Language;
  /** The visitor's own variant of the language, for times and numbers. */
  readonly locale: string;
  /** Close the panel and give the focus back to the launcher. */
  readonly close: () => void;
  /** What only some answers need; asked for again, it is fetched again if it did not come. */
  readonly extras: () => Promise<Extras>;
}

export interface Widgetry extends Fixed {
  readonly state: State;
}

export const FixedContext = createContext<Fixed>(undefined as unknown as Fixed);
export const StateContext = createContext<State>(undefined as unknown as State);

/** For what shows no state: it is not drawn again when that changes. */
export function useFixed(): Fixed {
  return useContext(FixedContext);
}

export function useWidget(): Widgetry {
  return { ...useFixed(), state: useContext(StateContext) };
}
