/** The widget proper, imported by the loader when somebody wants it. */

import { effect } from "@preact/signals";
import { render } from "preact";
import { createAnnouncer } from "../ui/announcer.tsx";
import tokens from "../ui/tokens.css?inline";
import primitives from "../ui/ui.css?inline";
import { Panel } from "./components/panel.tsx";
import { WidgetContext } from "./context.ts";
import type { Shell, Widget } from "./shell.ts";
import { createStore, plainTitle, type Store } from "./store.ts";
import type { Texts } from "./texts/en.ts";
import { countUnread, loadTexts } from "./texts/texts.ts";
import { watchViewport } from "./viewport.ts";
import css from "./widget.css?inline";

/** Build the widget into the loader's shadow root, closed. */
export async function mount(shell: Shell): Promise<Widget> {
  const texts = await loadTexts(shell.lang);
  for (const sheet of [tokens, primitives, css]) shell.style(sheet);
  const store = createStore(shell);
  const { announce, Region } = createAnnouncer();
  const place = document.createElement("div");
  shell.root.append(place);

  const close = () => {
    const inside = place.contains(shell.root.activeElement);
    store.act.close();
    if (inside) shell.launcher.focus();
  };
  render(
    <WidgetContext.Provider value={{ store, texts, close }}>
      <Panel />
      <Region />
    </WidgetContext.Provider>,
    place,
  );
  const stops = [
    effect(() => shell.mark(store.opened.value ? 0 : store.unread.value, store.opened.value)),
    tell(store, texts, announce),
    watchViewport(shell.host, store.opened),
  ];
  return {
    open: store.act.open,
    close,
    toggle: () => (store.opened.peek() ? close() : store.act.open()),
    destroy() {
      for (const stop of stops) stop();
      document.title = plainTitle();
      store.destroy();
      render(null, place);
      place.remove();
    },
  };
}

/** Say what is unread where the panel does not show it: in the page's title, to screen readers. */
function tell(store: Store, texts: Texts, announce: (text: string) => void): () => void {
  let before = 0;
  return effect(() => {
    const unread = store.unread.value;
    const title = unread > 0 ? `(${unread}) ${plainTitle()}` : plainTitle();
    if (document.title !== title) document.title = title;
    if (unread > before && !store.opened.value) announce(countUnread(texts, store.lang, unread));
    before = unread;
    dispatchEvent(new CustomEvent("straks:unread", { detail: unread }));
  });
}
