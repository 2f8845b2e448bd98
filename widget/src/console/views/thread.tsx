/** The messages, with their place on the screen: at the end, or where one was reading. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { dayLabel } from "../../ui/time.ts";
import { LOCALE } from "../clock.ts";
import type { OpenConversation } from "../open.ts";
import { agentName } from "../summary.ts";
import { t } from "../texts.ts";
import { GroupView, type MakeAnswer } from "./group.tsx";

/** Pixels from the end that still count as being there. */
const NEAR = 80;

/** Keeps the end in view for who is there, and the place of who reads further up. */
function useScroll(open: OpenConversation) {
  const box = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const before = useRef({ first: "", last: "", height: 0 });
  const missed = useSignal(false);
  const groups = open.groups.value;
  const first = groups[0]?.key ?? "";
  const last = groups.at(-1)?.items.at(-1);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const was = before.current;
    const prepended = was.first !== "" && first !== was.first && last?.key === was.last;
    const own = last?.delivery === "sending";
    if (prepended) element.scrollTop += element.scrollHeight - was.height;
    else if (atEnd.current || own || was.last === "") element.scrollTop = element.scrollHeight;
    else if (last?.key !== was.last) missed.value = true;
    before.current = { first, last: last?.key ?? "", height: element.scrollHeight };
  });

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const watcher = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    // A growing field or a banner takes room away; a late font gives the text another height.
    watcher.observe(element);
    if (element.firstElementChild) watcher.observe(element.firstElementChild);
    return () => watcher.disconnect();
  }, []);

  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (atEnd.current) missed.value = false;
    if (element.scrollTop < NEAR) void open.older();
  };
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  return { box, scrolled, toEnd, missed };
}

function Typing({ open }: { open: OpenConversation }) {
  const who = open.typing.value[0];
  if (!who) return null;
  const name = who.kind === "visitor" ? open.visitor.value : agentName(who);
  return (
    <p class="typing">
      <span class="typing-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {t.typing(name)}
    </p>
  );
}

interface Props {
  open: OpenConversation;
  makeAnswer?: MakeAnswer | undefined;
}

export function Thread({ open, makeAnswer }: Props) {
  const { box, scrolled, toEnd, missed } = useScroll(open);
  const view = open.view.value;
  const groups = open.groups.value;
  const loading = !view?.live && groups.length === 0;
  return (
    <div class="thread-place">
      <section
        ref={box}
        class="thread"
        aria-label={t.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable
        tabIndex={0}
        onScroll={scrolled}
      >
        <div class="thread-inner">
          {view?.hasOlder && (
            <div class="thread-older">
              {open.loadingOlder.value ? (
                <Spinner label={t.loadingOlder} />
              ) : (
                <Button onClick={() => void open.older()}>{t.older}</Button>
              )}
            </div>
          )}
          {loading && (
            <div class="thread-older">
              <Spinner label={t.loading} />
            </div>
          )}
          {groups.map((group) => (
            <div key={group.key} class="group-place">
              {group.day && (
                <h3 class="day">{dayLabel(group.items[0]?.at ?? 0, Date.now(), LOCALE)}</h3>
              )}
              <GroupView group={group} open={open} makeAnswer={makeAnswer} />
            </div>
          ))}
          <Typing open={open} />
        </div>
      </section>
      {missed.value && (
        <Button look="primary" class="to-end" onClick={toEnd}>
          <Icon name="down" />
          {t.newMessages}
        </Button>
      )}
    </div>
  );
}
