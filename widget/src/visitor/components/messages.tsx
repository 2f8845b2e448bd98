/** The conversation so far, and the greeting before there is one. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { down } from "../../ui/paths.ts";
import { still } from "../../ui/still.ts";
import { dayLabel } from "../../ui/time.ts";
import { useFixed, useWidget } from "../context.ts";
import { type EventRow, lastAnswer, lastMessage, type Row } from "../rows.ts";
import { fill } from "../texts/texts.ts";
import { Message } from "./message.tsx";

/** How near to an end, in pixels, counts as there. */
const NEAR = 60;

export function Messages() {
  const { state, act, texts } = useWidget();
  const rows = state.rows;
  const typists = state.typists;
  const list = useRef<HTMLDivElement>(null);
  const before = useRef({ first: "", last: "", height: 0, top: 0, atEnd: true });
  const [below, setBelow] = useState(false);
  const opened = state.opened;

  const toEnd = () => {
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
    setBelow(false);
  };

  useLayoutEffect(() => {
    const element = list.current;
    const was = before.current;
    if (!element || !opened) return;
    const first = firstKey(rows);
    const last = rows.at(-1);
    const grew = last !== undefined && last.key !== was.last;
    const own = grew && last.type === "message" && last.own;
    if (was.first && first !== was.first && !grew) {
      // History came in above: what was being read stays where it is.
      element.scrollTop += element.scrollHeight - was.height;
    } else if (was.atEnd || own) toEnd();
    else if (grew) setBelow(true);
    before.current = { ...was, first, last: last?.key ?? "", height: element.scrollHeight };
    if (element.scrollHeight <= element.clientHeight) act.older();
  }, [rows, typists.length, opened]);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    // A keyboard or a growing field takes room, a picture that comes in: the last stays in sight.
    const observer = new ResizeObserver(() => {
      if (before.current.atEnd) element.scrollTop = element.scrollHeight;
    });
    for (const part of [element, ...element.children]) observer.observe(part);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = list.current;
    if (!element || !opened) return;
    const left = element.scrollHeight - element.clientHeight - element.scrollTop;
    // What grows meanwhile makes nobody leave the end: who leaves goes up.
    const { top } = before.current;
    before.current.top = element.scrollTop;
    if (left < NEAR || element.scrollTop < top) before.current.atEnd = left < NEAR;
    if (left < NEAR) setBelow(false);
    if (element.scrollTop < NEAR) act.older();
  };

  const typist = typists[0];
  const away = state.available === false;
  // Once a person is asked for, what helps is no longer up to the answers.
  const alone = state.conversation.state === "self_service" && !state.asked;
  const current = alone ? lastAnswer(rows) : undefined;
  const latest = lastMessage(rows);
  return (
    <div class="middle">
      <div
        ref={list}
        class="messages"
        role="log"
        aria-label={texts.messages}
        aria-live="polite"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by key
        tabIndex={0}
        onScroll={onScroll}
      >
        <div>
          {!state.started && <Greeting />}
          {rows.map((row) => (
            <RowView
              key={row.key}
              row={row}
              away={away}
              current={row === current}
              latest={row === latest}
            />
          ))}
          {typist && <Typing name={typist.name ?? texts.team} />}
        </div>
      </div>
      {below && (
        <Button look="quiet" class="below" onClick={toEnd}>
          <Glyph path={down} />
          {texts.below}
        </Button>
      )}
    </div>
  );
}

/** The first row that stays what it is when history comes in above. */
function firstKey(rows: readonly Row[]): string {
  return rows.find((row) => row.type !== "day")?.key ?? "";
}

interface RowProps {
  readonly row: Row;
  readonly away: boolean;
  readonly current: boolean;
  readonly latest: boolean;
}

const RowView = still(({ row, ...rest }: RowProps) => {
  const { texts, locale } = useFixed();
  if (row.type === "message") return <Message row={row} {...rest} />;
  if (row.type === "day") {
    return (
      <p class="day">
        <span>{dayLabel(row.at, Date.now(), locale)}</span>
      </p>
    );
  }
  return <p class="event">{eventText(row)}</p>;

  function eventText({ event, values }: EventRow): string {
    return fill(texts[event], { ...values, name: values["name"] || texts.team });
  }
});

function Greeting() {
  const { state, texts } = useWidget();
  return (
    <div class="greeting">
      <p class="greeting-title">{texts.greeting}</p>
      <p>{state.available === false ? texts.greetingAway : texts.greetingHere}</p>
    </div>
  );
}

function Typing({ name }: { name: string }) {
  const { texts } = useFixed();
  return (
    <div class="typing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span>{fill(texts.typing, { name })}</span>
    </div>
  );
}
