/** The open widget: a dialog that leaves the page usable. */

import { useEffect, useRef } from "preact/hooks";
import { useWidget } from "../context.ts";
import { Composer } from "./composer.tsx";
import { Dock } from "./dock.tsx";
import { Header } from "./header.tsx";
import { Later } from "./later.tsx";
import { Messages } from "./messages.tsx";
import { Suggestions } from "./suggestions.tsx";

export function Panel() {
  const { state, act, texts, close } = useWidget();
  const panel = useRef<HTMLDivElement>(null);
  const opened = state.opened;

  const last = useRef<Node>(undefined);

  const focus = () => {
    // On a touch screen a focused field brings the keyboard up before anybody asked for it.
    const touch = matchMedia("(pointer: coarse)").matches;
    const field = !touch && panel.current?.querySelector("textarea");
    (field || panel.current)?.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (opened) focus();
  }, [opened]);
  useEffect(() => {
    // What had the focus is gone, a button that did its work perhaps: do not lose the place.
    const lost = last.current?.isConnected === false && document.activeElement === document.body;
    if (opened && lost) focus();
  });

  const onKeyDown = (event: KeyboardEvent) => {
    // The host page's shortcuts are not for what is typed here.
    event.stopPropagation();
    if (event.key !== "Escape" || event.isComposing) return;
    if (state.leaving) act.cancelLeaving();
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
      onKeyUp={stop}
      onKeyPress={stop}
      onFocusIn={(event) => {
        last.current = event.target as Node;
      }}
    >
      <Header />
      <Banner />
      <Messages />
      <Dock />
      <Suggestions />
      {state.leaving ? (
        <Later show={({ LeaveForm }) => <LeaveForm />}>
          <p class="dock">{texts.awayOffer}</p>
          <Composer />
        </Later>
      ) : (
        <Composer />
      )}
    </div>
  );
}

function stop(event: Event): void {
  event.stopPropagation();
}

/** A word on the connection, once it has been gone long enough to matter. */
function Banner() {
  const { state, texts } = useWidget();
  let text: string | undefined;
  if (state.refusal === "origin_not_allowed") text = texts.barred;
  else if (!state.online) text = texts.offline;
  else if (state.apart) text = texts.connecting;
  return (
    <div class="banner-place" role="status">
      {text && <p class="banner">{text}</p>}
    </div>
  );
}
