/** Words for what happened in a conversation: accepted, closed, rated. */

import { choicesOf, expertReasons } from "../known.ts";
import { agentName } from "../summary.ts";
import { t } from "../texts.ts";
import type { Item } from "../timeline.ts";

/** One line, or nothing for kinds that this console does not know. */
export function happened(item: Item, visitor: string): string {
  const { data, kind } = item;
  const who = nameOf(item, visitor);
  const text = (name: string) => (typeof data[name] === "string" ? (data[name] as string) : "");
  const visitors = item.from.kind === "visitor";
  if (kind === "answer") {
    const titles = choicesOf(item).map((each) => each.title);
    return titles.length > 0 ? t.offeredChoice(titles) : t.botUnknown;
  }
  if (kind === "ask_human") {
    const reasons = expertReasons(item);
    if (reasons.length > 0) return t.passedAsExpert(reasons);
    return visitors ? t.askedForPerson : "";
  }
  if (kind === "accept") return t.accepted(who);
  if (kind === "close") return t.closedBy(who);
  if (kind === "reopen") return t.reopenedBy(who);
  if (kind === "transfer") return t.transferred(who, text("agent") || text("team"));
  if (kind === "contact") {
    const what = [text("name"), text("email")].filter(Boolean).join(", ");
    return visitors ? t.leftContact(what) : t.knownFromEarlier(what);
  }
  if (kind === "details") {
    const what = (item.lines ?? []).join(" · ");
    return visitors ? what : t.knownFromEarlier(what);
  }
  if (kind === "rate") {
    const rated = t.rated(Number(data["stars"]) || 0);
    return text("comment") ? `${rated}: ${text("comment")}` : rated;
  }
  if (kind === "tag") return t.tagged(who, text("tag"), data["on"] !== false);
  return kind === "assign_reason" ? text("text") : "";
}

function nameOf(item: Item, visitor: string): string {
  if (item.from.kind === "visitor") return visitor;
  return item.from.kind === "agent" ? agentName(item.from) : t.system;
}
