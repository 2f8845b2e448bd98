/** Shows what people wrote: plain text with links, or sanitised HTML, built node by node. */

import { type ComponentChild, Fragment } from "preact";
import { useState } from "preact/hooks";
import { linkify, safeHref } from "./linkify.ts";

const TAGS = new Set(
  "p br strong b em i del s code pre ul ol li blockquote hr table thead tbody tr th td".split(" "),
);
const HEADING = /^h[1-6]$/;
const DROPPED = new Set("script style template iframe object svg math title".split(" "));
const MAX_DEPTH = 16;

interface LinkProps {
  href: string;
  class?: string;
  children: ComponentChild;
}

/** Leads out of the page, which stays where it is. */
export function Link(props: LinkProps) {
  return <a {...props} target="_blank" rel="noopener noreferrer" />;
}

/** Plain text; line breaks are kept by the style sheet (`white-space: pre-wrap`). */
export function PlainText({ text }: { text: string }) {
  return (
    <>
      {linkify(text).map((piece) =>
        typeof piece === "string" ? piece : <Link href={piece.href}>{piece.text}</Link>,
      )}
    </>
  );
}

/**
 * A picture or a short video; where it cannot be loaded, its words, with the way to a video.
 *
 * They come from http and https only, into a page with TLS from https only.
 */
function Media({ element, film }: { element: Element; film: boolean }) {
  const [lost, setLost] = useState(false);
  const attribute = (name: string) => element.getAttribute(name) ?? "";
  const size = (name: string) => Number(/^\d{1,4}$/.exec(attribute(name))) || undefined;
  const src = safeHref(attribute("src")) ?? "";
  const alt = attribute(film ? "aria-label" : "alt") || element.textContent.trim();
  const safe = location.protocol === "https:" ? /^https:/ : /^http/;
  if (!safe.test(src)) return <>{alt}</>;
  if (lost) return film ? <Link href={src}>{alt || src}</Link> : <em>{alt}</em>;
  const props = {
    src,
    width: size("width"),
    height: size("height"),
    onError: () => setLost(true),
  };
  return film ? (
    <video {...props} controls preload="metadata" aria-label={alt} />
  ) : (
    <img {...props} alt={alt} loading="lazy" />
  );
}

function convert(node: Node, depth: number): ComponentChild {
  if (node.nodeType === 3) return node.nodeValue;
  if (node.nodeType !== 1 || depth > MAX_DEPTH) return null;
  const element = node as Element;
  const name = element.tagName.toLowerCase();
  if (DROPPED.has(name)) return null;
  const film = name === "video";
  if (film || name === "img") return <Media element={element} film={film} />;
  const children = Array.from(element.childNodes, (child) => convert(child, depth + 1));
  if (HEADING.test(name)) return <p class="heading">{children}</p>;
  const href = name === "a" && safeHref(element.getAttribute("href") ?? "");
  if (href) return <Link href={href}>{children}</Link>;
  const Known = TAGS.has(name) ? (name as "p") : Fragment;
  return <Known>{children}</Known>;
}

/**
 * HTML from the server. It was sanitised there; here only known tags pass, without attributes.
 * Where the page forbids parsing (Trusted Types), `text` is shown.
 */
export function SafeHtml({ html, text = "" }: { html: string; text?: string }) {
  try {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    return <>{Array.from(body.childNodes, (node) => convert(node, 0))}</>;
  } catch {
    return <PlainText text={text} />;
  }
}
