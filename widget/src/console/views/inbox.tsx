/** The left side: tabs, the list of conversations, the agent's own corner. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../../ui/avatar.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { Desk, Surroundings } from "../desk.ts";
import { go, route } from "../route.ts";
import { TABS, type Tab } from "../summary.ts";
import { t } from "../texts.ts";
import { Places } from "./places.tsx";
import { Row } from "./row.tsx";

/** Rows are made as they come near; a list of hundreds opens as fast as one of ten. */
const STEP = 40;

function short(count: number): string {
  return count > 999 ? "999+" : String(count);
}

function Tabs({ desk }: { desk: Desk }) {
  const list = useRef<HTMLDivElement>(null);
  const counts = desk.inbox.counts.value;
  const current = route.value.tab;
  function moved(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(current) + step + TABS.length) % TABS.length];
    if (!next) return;
    go({ tab: next });
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={t.conversations} onKeyDown={moved}>
      {TABS.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          aria-selected={tab === current}
          aria-controls="inbox-list"
          tabIndex={tab === current ? 0 : -1}
          onClick={() => go({ tab })}
        >
          {t.tabs[tab]}
          {tab !== "closed" && counts[tab] > 0 && (
            <span class={`count ${tab === "waiting" ? "count-strong" : ""}`}>
              {short(counts[tab])}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}

function Empty({ tab }: { tab: Tab }) {
  const [title, text] = t.empty[tab];
  return (
    <div class="empty">
      <Icon name={tab === "waiting" ? "check" : "inbox"} />
      <h3>{title}</h3>
      <p>{text}</p>
    </div>
  );
}

function List({ desk }: { desk: Desk }) {
  const { tab, conversation } = route.value;
  const limit = useSignal(STEP);
  const end = useRef<HTMLDivElement>(null);
  const summaries = desk.inbox.list(tab);
  const { status, cursor } = desk.inbox.lists.value[tab];
  const at = summaries.findIndex((each) => each.id === conversation);
  const shown = summaries.slice(0, Math.max(limit.value, at + 2));

  useEffect(() => {
    limit.value = STEP;
  }, [tab, limit]);
  useEffect(() => {
    if (!end.current) return;
    const watcher = new IntersectionObserver(
      ([seen]) => {
        if (!seen?.isIntersecting) return;
        if (limit.peek() < desk.inbox.list(tab).length) limit.value += STEP;
        else void desk.inbox.more(tab).catch(() => undefined);
      },
      { rootMargin: "400px" },
    );
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [tab, shown.length, cursor, desk, limit]);

  if (summaries.length === 0 && status === "ready") return <Empty tab={tab} />;
  return (
    <>
      <ul class="rows">
        {shown.map((summary) => (
          <Row
            key={summary.id}
            summary={summary}
            tab={tab}
            me={desk.agent.id}
            current={summary.id === conversation}
            unread={desk.isUnread(summary)}
            draft={desk.drafts.present.value.has(summary.id)}
          />
        ))}
      </ul>
      {status === "loading" && (
        <div class="list-foot">
          <Spinner label={t.loading} />
        </div>
      )}
      {status === "failed" && (
        <div class="list-foot" role="alert">
          <p>{t.listFailed}</p>
          <Button look="quiet" onClick={() => void desk.inbox.show(tab).catch(() => undefined)}>
            {t.tryAgain}
          </Button>
        </div>
      )}
      <div ref={end} class="list-end" />
    </>
  );
}

export function Corner({ desk, around, help }: PaneProps) {
  const { alerts, session } = around;
  const sound = alerts.sound.value;
  return (
    <footer class="corner">
      <Avatar name={desk.agent.name || desk.agent.email} id={desk.agent.id} />
      <span class="corner-name" title={desk.agent.email}>
        {desk.agent.name || desk.agent.email}
      </span>
      {alerts.permission.value === "default" && (
        <IconButton icon="bell" label={t.notifications} onClick={() => void alerts.allow()} />
      )}
      <IconButton
        icon={sound ? "sound" : "mute"}
        label={sound ? t.soundOn : t.soundOff}
        aria-pressed={sound}
        onClick={() => alerts.toggleSound()}
      />
      <IconButton icon="help" label={t.shortcuts} onClick={help} />
      <IconButton icon="signout" label={t.signOut} onClick={() => void session.signOut()} />
    </footer>
  );
}

export interface PaneProps {
  desk: Desk;
  around: Surroundings;
  help: () => void;
}

export function InboxPane(props: PaneProps) {
  return (
    <nav class="inbox" aria-label={t.inbox}>
      <header class="inbox-head">
        <Places />
      </header>
      <Tabs desk={props.desk} />
      <div
        class="inbox-list"
        id="inbox-list"
        role="tabpanel"
        aria-labelledby={`tab-${route.value.tab}`}
      >
        <List desk={props.desk} />
      </div>
      <Corner {...props} />
    </nav>
  );
}
