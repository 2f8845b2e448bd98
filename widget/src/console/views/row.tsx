/** One conversation in the list. */

import { useComputed } from "@preact/signals";
import { Avatar } from "../../ui/avatar.tsx";
import { Icon } from "../../ui/icon.tsx";
import { still } from "../../ui/still.ts";
import { shortSpan, stopwatch } from "../../ui/time.ts";
import { LOCALE, now } from "../clock.ts";
import { go } from "../route.ts";
import {
  agentName,
  type Summary,
  shortPage,
  type Tab,
  visitorName,
  waitingSince,
} from "../summary.ts";
import { t } from "../texts.ts";

/** Ticks in seconds for the first minutes of a wait, then in minutes. */
const SECONDS_UNTIL_MS = 5 * 60_000;

/** Renders only when its text changes, not every second. */
export function Since({ at, wait = false }: { at: number; wait?: boolean }) {
  const text = useComputed(() => {
    const span = Math.max(0, now.value - at);
    if (wait && span < SECONDS_UNTIL_MS) return stopwatch(span);
    return shortSpan(span, LOCALE) ?? t.waitingNow;
  });
  return <time dateTime={new Date(at).toISOString()}>{text}</time>;
}

function standing(summary: Summary, tab: Tab, me: string): string {
  if (summary.state === "with_agent" && summary.agent) {
    if (summary.agent.id === me) return tab === "mine" ? "" : t.withYou;
    return t.withAgent(agentName(summary.agent));
  }
  if (tab !== "open") return "";
  return summary.state === "waiting" ? t.waiting : t.selfService;
}

interface Props {
  summary: Summary;
  tab: Tab;
  me: string;
  current: boolean;
  unread: boolean;
  draft: boolean;
}

// Hundreds of rows stay cheap: one that did not change is not drawn again.
const Content = still(({ summary, tab, me, current, unread, draft }: Props) => {
  const name = visitorName(summary.visitor);
  const waits = summary.state === "waiting";
  const state = standing(summary, tab, me);
  const page = summary.page ? shortPage(summary.page.url) : "";
  return (
    <a
      class={`row ${unread ? "row-unread" : ""}`}
      href={`#/${tab}/${summary.id}`}
      aria-current={current ? "true" : undefined}
      data-conversation={summary.id}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go({ conversation: summary.id });
      }}
    >
      <Avatar name={summary.visitor.name ?? name} id={summary.visitor.id} />
      <span class="row-name">{name}</span>
      <span class={`row-time ${waits ? "row-waits" : ""}`}>
        {unread && <span class="dot" title={t.unread} />}
        <Since at={waits ? waitingSince(summary) : summary.updated_at} wait={waits} />
      </span>
      <span class="row-preview">{summary.preview}</span>
      <span class="row-meta">
        {summary.expert && (
          <span class="row-expert" title={t.expertMark}>
            <Icon name="star" />
            {t.expert}
          </span>
        )}
        {draft && <span class="row-draft">{t.draft}</span>}
        {state && <span>{state}</span>}
        {summary.lang && <span class="row-lang">{summary.lang}</span>}
        {page && <span class="row-page">{page}</span>}
      </span>
    </a>
  );
});

export function Row(props: Props) {
  return (
    <li>
      <Content {...props} />
    </li>
  );
}
