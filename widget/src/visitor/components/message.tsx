/** One message: who, what, when, and how far it got. */

import type { GuideStep } from "../../protocol/index.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { alert, bolt, check, checks, clock } from "../../ui/paths.ts";
import { Link, PlainText, SafeHtml } from "../../ui/text.tsx";
import { clockTime, fullTime } from "../../ui/time.ts";
import { useFixed, useWidget } from "../context.ts";
import type { Delivery, MessageRow } from "../rows.ts";
import { fill } from "../texts/texts.ts";
import { Later } from "./later.tsx";
import { Replies } from "./replies.tsx";
import { Verdict } from "./verdict.tsx";

const MARKS: Record<Exclude<Delivery, "failed">, string> = {
  sending: clock,
  sent: check,
  read: checks,
};

export interface MessageProps {
  readonly row: MessageRow;
  readonly away: boolean;
  /** It is the answer that the talk is about. */
  readonly current: boolean;
  /** Nothing was said after it. */
  readonly latest: boolean;
}

export function Message({ row, away, current, latest }: MessageProps) {
  const { texts } = useFixed();
  const bot = row.from?.kind === "app" || row.from?.kind === "server";
  const name = row.own ? texts.you : bot ? texts.bot : (row.from?.name ?? texts.team);
  const side = row.own ? "own" : "other";
  const { form, steps } = row.data ?? {};
  const wide = form || steps ? "wide" : "";
  return (
    <div class={`message ${side} ${row.first ? "first" : ""} ${row.last ? "last" : ""} ${wide}`}>
      {row.own || !row.first ? (
        <span class="hidden">{name}: </span>
      ) : (
        <p class="sender">
          {bot ? (
            <span class="avatar bot" aria-hidden="true">
              <Glyph path={bolt} />
            </span>
          ) : (
            <Avatar name={name} id={row.from?.id ?? ""} />
          )}
          {name}
        </p>
      )}
      <div class="bubble" dir="auto">
        <Body row={row} away={away} />
        {wide && (
          <Later show={({ Extra }) => <Extra row={row} current={current} />}>
            <ol class="rich">{steps?.map(readable)}</ol>
          </Later>
        )}
      </div>
      {row.page && <AsPage page={row.page} />}
      {row.delivery === "failed" ? <Failed row={row} /> : row.last && <Meta row={row} />}
      <Verdict row={row} current={current} />
      {latest && row.data && <Replies data={row.data} />}
    </div>
  );
}

/** A step of a guide that cannot be gone through yet. */
function readable({ title, html, text }: GuideStep) {
  return (
    <li>
      {title && <p class="heading">{title}</p>}
      <SafeHtml html={html} text={text} />
    </li>
  );
}

function Body({ row, away }: { row: MessageRow; away: boolean }) {
  const { texts } = useFixed();
  const { html, text } = row;
  if (row.unknown) {
    return <p>{row.data?.choices ? texts.choices : away ? texts.unknownAway : texts.unknown}</p>;
  }
  return (
    <>
      {row.title && <p class="heading">{row.title}</p>}
      {(html || text) && (
        <div class={html ? "rich" : "plain"}>
          {html ? <SafeHtml html={html} text={text} /> : <PlainText text={text} />}
        </div>
      )}
    </>
  );
}

/** The way to an answer's own page, where there is one. */
function AsPage({ page }: { page: string }) {
  const { state, texts } = useWidget();
  const help = state.site?.help;
  return (
    help && (
      <Link class="meta" href={help + page}>
        {texts.asPage}
      </Link>
    )
  );
}

function Meta({ row }: { row: MessageRow }) {
  const { texts, locale } = useFixed();
  const delivery = row.delivery as Exclude<Delivery, "failed"> | undefined;
  return (
    <p class="meta" title={fullTime(row.at, locale)}>
      <time dateTime={new Date(row.at).toISOString()}>{clockTime(row.at, locale)}</time>
      {delivery && (
        <span class={`delivery delivery-${delivery}`}>
          {texts[delivery]}
          <Glyph path={MARKS[delivery]} />
        </span>
      )}
    </p>
  );
}

function Failed({ row }: { row: MessageRow }) {
  const { act, texts } = useFixed();
  const code = row.error ?? "";
  const reason =
    code === "too_large"
      ? texts.refusedSize
      : ["forbidden", "not_found", "wrong_state"].includes(code)
        ? texts.refusedRight
        : fill(texts.refusedOther, { code });
  return (
    <div class="failed">
      <p>
        <Glyph path={alert} />
        <span>
          {texts.failed} {reason}
        </span>
      </p>
      <Button onClick={() => act.retry(row.key)}>{texts.retry}</Button>
      <Button onClick={() => act.discard(row.key)}>{texts.discard}</Button>
    </div>
  );
}
