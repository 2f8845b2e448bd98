/** Finds the canned reply that is meant by what was typed after a slash. */

import type { CannedReply } from "./api.ts";

/** Where a slash command stands in a text: `from` is the offset of the slash. */
export interface Slash {
  readonly from: number;
  readonly query: string;
}

/** The slash command that ends at the caret, if one does: "/", "/ret", also after a space. */
export function slashAt(text: string, caret: number): Slash | null {
  const match = /(?:^|\s)\/([^\s/][^/\n]{0,40})?$/.exec(text.slice(0, caret));
  if (!match) return null;
  const query = match[1] ?? "";
  return { from: caret - query.length - 1, query };
}

function rank(reply: CannedReply, words: readonly string[]): number {
  const title = reply.title.toLowerCase();
  const rest = `${reply.id} ${(reply.tags ?? []).join(" ")} ${reply.text}`.toLowerCase();
  let score = 0;
  for (const word of words) {
    if (title.startsWith(word)) score += 4;
    else if (title.includes(` ${word}`)) score += 3;
    else if (title.includes(word)) score += 2;
    else if (rest.includes(word)) score += 1;
    else return 0;
  }
  return score;
}

/** Those that hold every word of `query`, best first; all of them for an empty one. */
export function matching(
  replies: readonly CannedReply[],
  query: string,
  limit = 6,
): readonly CannedReply[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return replies.slice(0, limit);
  return replies
    .map((reply) => ({ reply, score: rank(reply, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ reply }) => reply);
}

/** The text with the slash command replaced, and where the caret goes. */
export function insert(text: string, caret: number, slash: Slash, reply: CannedReply) {
  const head = text.slice(0, slash.from) + reply.text;
  return { text: head + text.slice(caret), caret: head.length };
}
