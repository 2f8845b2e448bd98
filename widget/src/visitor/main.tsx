/** The widget proper, imported by the loader when somebody wants it. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SHEETS } from "./appearance.ts";
import { fetchExtras } from "./components/kit.ts";
import { Panel } from "./components/panel.tsx";
import { type Fixed, FixedContext, StateContext } from "./context.ts";
import type { Shell, Widget } from "./shell.ts";
import { effect } from "./signals.ts";
import type { Store } from "./state.ts";
import { createStore } from "./store.ts";
import { countUnread, loadTexts } from "./texts/texts.ts";
import { countInTitle } from "./title.ts";
import { watchViewport } from "./viewport.ts";

/** Build the widget into the loader's shadow root, closed. */
export async function mount(shell: Shell): Promise<Widget> {
  const { host, lang, launcher, locale, root } = shell;
  const texts = await loadTexts(lang);
  for (const sheet of SHEETS) shell.style(sheet);
  const store = createStore(shell);
  const identify = () => store.identify(shell.identity);
  identify();
  const { act } = store;
  const place = document.createElement("div");
  root.append(place);

  const close = () => {
    const inside = place.contains(root.activeElement);
    act.close();
    if (inside) launcher.focus();
  };
  const extras = fetchExtras(shell);
  render(<App store={store} fixed={{ act, texts, lang, locale, close, extras }} />, place);
  const stops = [tell(store, shell), watchViewport(host, store.state)];
  return {
    open: act.open,
    close,
    identify,
    toggle: () => (store.state.peek().opened ? close() : act.open()),
    destroy() {
      for (const stop of stops) stop();
      countInTitle(0);
      store.destroy();
      render(null, place);
      place.remove();
    },
  };
}

/** The one place where state becomes components. */
function App({ store, fixed }: { store: Store; fixed: Fixed }) {
  const [state, setState] = useState(store.state.peek());
  useEffect(() => effect(() => setState(store.state.value)), [store]);
  const { opened, unread } = state;
  return (
    <FixedContext.Provider value={fixed}>
      <StateContext.Provider value={state}>
        <Panel />
      </StateContext.Provider>
      {/* Says what came in while the panel, whose log would say it, is closed. */}
      <p class="hidden" aria-live="polite">
        {!opened && unread > 0 && countUnread(fixed.texts, fixed.lang, unread)}
      </p>
    </FixedContext.Provider>
  );
}

/** Say what is unread where everybody sees it: on the launcher, in the page's title. */
function tell(store: Store, shell: Shell): () => void {
  return effect(() => {
    const { unread, opened } = store.state.value;
    shell.mark(opened ? 0 : unread, opened);
    countInTitle(unread);
    dispatchEvent(new CustomEvent("straks:unread", { detail: unread }));
  });
}
