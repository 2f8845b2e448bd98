/** A run of what one person said, or one thing that happened. */

import { Avatar } from "../../ui/avatar.tsx";
import { IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { still } from "../../ui/still.ts";
import { PlainText, SafeHtml } from "../../ui/text.tsx";
import { clockTime, fullTime } from "../../ui/time.ts";
import { LOCALE } from "../clock.ts";
import { formOf, stepsOf } from "../known.ts";
import type { OpenConversation } from "../open.ts";
import { agentName } from "../summary.ts";
import { t } from "../texts.ts";
import { type Group, type Item, isBubble } from "../timeline.ts";
import { Guide } from "./guide.tsx";
import { happened } from "./happened.ts";

/** Begins an answer with what an agent replied. */
export type MakeAnswer = ((item: Item) => void) | undefined;

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at, LOCALE)}>
      {clockTime(at, LOCALE)}
    </time>
  );
}

function Failed({ item, open }: { item: Item; open: OpenConversation }) {
  const why = item.error ? t.why[item.error] : undefined;
  const mode = item.kind === "note" ? "note" : "reply";
  const edit = () => open.edit(item.key, mode, word(item.data["text"]));
  return (
    <p class="delivery delivery-failed" role="alert">
      <Icon name="alert" />
      <span>
        {t.failed}
        {why ? `: ${why}` : ""}
      </span>
      <button type="button" class="linklike" onClick={() => open.retry(item.key)}>
        {t.retry}
      </button>
      <button type="button" class="linklike" onClick={edit}>
        {t.edit}
      </button>
    </p>
  );
}

function Delivery({ item }: { item: Item }) {
  if (!item.delivery || item.delivery === "failed") return null;
  // Nobody reads a note but colleagues: that it is kept goes without saying.
  if (item.kind === "note" && item.delivery !== "sending") return null;
  const icon = { sending: "clock", sent: "check", read: "checks" } as const;
  return (
    <p class={`delivery delivery-${item.delivery}`}>
      <Icon name={icon[item.delivery]} />
      {t[item.delivery]}
    </p>
  );
}

function Verdict({ helped }: { helped: boolean }) {
  return (
    <p class={`verdict ${helped ? "verdict-good" : "verdict-bad"}`}>
      <Icon name={helped ? "check" : "close"} />
      {helped ? t.helped : t.helpedNot}
    </p>
  );
}

const Bubble = still(({ kind, data }: Pick<Item, "kind" | "data">) => {
  const text = word(data["text"]);
  const html = word(data["html"]);
  return (
    <div class={`bubble ${kind === "answer" ? "bubble-rich" : ""}`} dir="auto">
      {kind === "answer" && data["title"] ? <p class="heading">{word(data["title"])}</p> : null}
      {html ? <SafeHtml html={html} text={text} /> : <PlainText text={text} />}
    </div>
  );
});

/** A guide may go without an introduction. */
function hasWords({ data }: Item): boolean {
  return Boolean(data["text"] || data["html"] || data["title"]);
}

/** What an automatic answer offered beside its text. */
function Offered({ item }: { item: Item }) {
  const steps = stepsOf(item);
  const form = formOf(item).map((field) => field.label);
  return (
    <>
      {steps.length > 0 && <Guide steps={steps} done={item.done ?? 0} />}
      {form.length > 0 && <p class="offered">{t.askedFor(form)}</p>}
    </>
  );
}

function isReply({ kind, from, channel, offset, data }: Item): boolean {
  const said = kind === "message" && from.kind === "agent" && channel === "conversation";
  return said && Number.isFinite(offset) && word(data["text"]).trim() !== "";
}

function heading(item: Item, open: OpenConversation): string {
  if (item.kind === "answer") return t.bot;
  return item.from.kind === "visitor" ? open.visitor.value : agentName(item.from);
}

function sideOf(item: Item): string {
  if (item.kind === "note") return "note";
  if (item.kind === "answer" || item.from.kind === "app") return "bot";
  if (item.from.kind === "visitor") return "visitor";
  return item.delivery ? "own" : "agent";
}

interface Props {
  group: Group;
  open: OpenConversation;
  makeAnswer?: MakeAnswer | undefined;
}

function Said({ group, open, makeAnswer }: Props) {
  const [first] = group.items;
  const last = group.items.at(-1);
  if (!first || !last) return null;
  const side = sideOf(first);
  const name = heading(first, open);
  return (
    <div class={`group group-${side}`}>
      {side === "visitor" && <Avatar name={name} id={first.from.id} />}
      <div class="group-body">
        <p class="group-head">
          {side === "bot" && <Icon name="bolt" />}
          {side === "note" && <Icon name="lock" />}
          <strong>{name}</strong>
          {side === "note" && <span title={t.privateNote}>{t.note}</span>}
          <Time at={first.at} />
        </p>
        {group.items.map((item) => (
          <div key={item.key}>
            <div class="said">
              {hasWords(item) && <Bubble kind={item.kind} data={item.data} />}
              {makeAnswer && isReply(item) && (
                <IconButton
                  icon="book"
                  label={t.makeAnswer}
                  class="make-answer"
                  onClick={() => makeAnswer(item)}
                />
              )}
            </div>
            {item.kind === "answer" && <Offered item={item} />}
            {item.helped !== undefined && <Verdict helped={item.helped} />}
            {item.delivery === "failed" && <Failed item={item} open={open} />}
          </div>
        ))}
        <Delivery item={last} />
      </div>
    </div>
  );
}

function Happened({ item, open }: { item: Item; open: OpenConversation }) {
  const inVain = item.inVain?.length ? t.inVain(item.inVain) : "";
  const text = [happened(item, open.visitor.value), inVain].filter(Boolean).join(". ");
  if (!text) return null;
  return (
    <p class="happened">
      <span>{text}</span> <Time at={item.at} />
    </p>
  );
}

export function GroupView({ group, open, makeAnswer }: Props) {
  const [first] = group.items;
  if (!first) return null;
  return isBubble(first) ? (
    <Said group={group} open={open} makeAnswer={makeAnswer} />
  ) : (
    <Happened item={first} open={open} />
  );
}
