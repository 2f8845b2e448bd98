/** The open widget: a dialog that leaves the page usable. */

import { useEffect, useRef } from "preact/hooks";
import { useWidget } from "../context.ts";
import { Composer } from "./composer.tsx";
import { Dock } from "./dock.tsx";
import { Header } from "./header.tsx";
import { LeaveForm } from "./leave.tsx";
import { Messages } from "./messages.tsx";

export function Panel() {
  const { store, close } = useWidget();
  const panel = useRef<HTMLDivElement>(null);
  const opened = store.opened.value;

  useEffect(() => {
    if (!opened) return;
    // On a touch screen a focused field brings the keyboard up before anybody asked for it.
    const touch = matchMedia("(pointer: coarse)").matches;
    const field = panel.current?.querySelector<HTMLElement>("textarea");
    (touch ? panel.current : (field ?? panel.current))?.focus({ preventScroll: true });
  }, [opened]);

  const onKeyDown = (event: KeyboardEvent) => {
    // The host page's shortcuts are not for what is typed here.
    event.stopPropagation();
    if (event.key !== "Escape" || event.isComposing) return;
    if (store.leaving.value) store.leaving.value = false;
    else close();
  };

  return (
    <div
      ref={panel}
      class="panel"
      role="dialog"
      aria-labelledby="straks-title"
      tabIndex={-1}
      hidden={!opened}
      onKeyDown={onKeyDown}
    >
      <Header />
      <Banner />
      <Messages />
      <Dock />
      {store.leaving.value ? <LeaveForm /> : <Composer />}
    </div>
  );
}

/** A word on the connection, once it has been gone long enough to matter. */
function Banner() {
  const { store, texts } = useWidget();
  const offline = !store.online.value;
  let text: string | undefined;
  if (store.refusal.value === "origin_not_allowed") text = texts.barred;
  else if (store.apart.value) text = offline ? texts.offline : texts.connecting;
  return (
    <div class="banner-place" role="status">
      {text && <p class="banner">{text}</p>}
    </div>
  );
}
