/** Who the visitor is, where they are, what can be done with the conversation. */

import { Avatar } from "../../ui/avatar.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { safeHref } from "../../ui/linkify.ts";
import { languageName } from "../days.ts";
import type { Desk } from "../desk.ts";
import type { OpenConversation } from "../open.ts";
import { leave } from "../route.ts";
import { agentName, type Summary, shortPage } from "../summary.ts";
import { t } from "../texts.ts";
import { Since } from "./row.tsx";

function Page({ page }: { page: NonNullable<Summary["page"]> }) {
  const href = safeHref(page.url);
  const text = shortPage(page.url);
  return (
    <span class="fact fact-page" title={page.title ?? t.page}>
      <Icon name="link" />
      {href ? (
        <a href={href} target="_blank" rel="noopener noreferrer">
          {text}
        </a>
      ) : (
        text
      )}
    </span>
  );
}

function Facts({ open, summary }: { open: OpenConversation; summary: Summary }) {
  const here = open.here.value;
  const { email, name } = summary.visitor;
  return (
    <p class="facts">
      <span class={`fact ${here ? "fact-here" : ""}`}>
        <span class="presence" aria-hidden="true" />
        {here ? t.hereNow : t.away}
      </span>
      {email && name && <span class="fact only-wide">{email}</span>}
      {summary.lang && <span class="fact only-wide">{languageName(summary.lang)}</span>}
      {summary.page && <Page page={summary.page} />}
    </p>
  );
}

function Standing({ summary, me }: { summary: Summary; me: string }) {
  if (summary.state === "waiting") {
    return (
      <span class="pill pill-waiting">
        {t.waiting} <Since at={summary.waiting_since ?? summary.updated_at} wait />
      </span>
    );
  }
  if (summary.state === "closed") return <span class="pill">{t.closed}</span>;
  if (summary.state === "self_service") return <span class="pill">{t.selfService}</span>;
  if (!summary.agent || summary.agent.id === me)
    return <span class="pill pill-mine">{t.withYou}</span>;
  return <span class="pill">{t.withAgent(agentName(summary.agent))}</span>;
}

/** Accepting and reopening are offered where one would answer: in the composer. */
function Actions({ open, summary }: { open: OpenConversation; summary: Summary }) {
  const free = summary.state === "waiting" || summary.state === "self_service";
  if (!open.mine.value && !free) return null;
  return (
    <Button
      look="quiet"
      aria-disabled={open.busy.value !== null}
      onClick={() => void open.act("close")}
    >
      {t.close}
    </Button>
  );
}

export function Header({ open, desk }: { open: OpenConversation; desk: Desk }) {
  const summary = open.summary.value;
  return (
    <header class="conversation-head">
      <div class="head-row">
        <IconButton icon="back" label={t.back} class="only-narrow" onClick={leave} />
        {summary && (
          <>
            <Avatar name={summary.visitor.name ?? open.visitor.value} id={summary.visitor.id} />
            <div class="head-who">
              <div class="head-name">
                <h2>{open.visitor.value}</h2>
                {summary.expert && (
                  <span class="pill pill-expert" title={t.expertMark}>
                    <Icon name="star" />
                    {t.expert}
                  </span>
                )}
                <Standing summary={summary} me={desk.agent.id} />
              </div>
              <Facts open={open} summary={summary} />
            </div>
            <Actions open={open} summary={summary} />
          </>
        )}
      </div>
      <div role="alert">
        {open.problem.value && (
          <p class="head-problem">
            <Icon name="alert" />
            {open.problem.value}
          </p>
        )}
      </div>
    </header>
  );
}
