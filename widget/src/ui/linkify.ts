/** Finds web and mail addresses in plain text. */

export type Piece = string | { href: string; text: string };

const ADDRESS =
  /\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>".]+\.[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const CLOSERS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Cuts what a sentence put behind an address: full stops, an unopened bracket. */
function trim(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const opener = CLOSERS[last];
    const body = address.slice(0, end);
    const surplus = opener !== undefined && body.split(last).length > body.split(opener).length;
    if (!surplus && !".,:;!?'*_".includes(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

/** Gives `url` back when it may stand in a link: http, https, mailto or tel; else null. */
export function safeHref(url: string): string | null {
  try {
    const { href, protocol } = new URL(url);
    return ["http:", "https:", "mailto:", "tel:"].includes(protocol) ? href : null;
  } catch {
    return null;
  }
}

/** Splits `text` into plain strings and links; joined again, the pieces' texts are `text`. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const found = trim(match[0]);
    const scheme = /^https?:/i.test(found) ? "" : /^www\./i.test(found) ? "https://" : "mailto:";
    const href = safeHref(scheme + found);
    if (!href) continue;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({ href, text: found });
    from = match.index + found.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
