/** Shows what people wrote: plain text with links, or sanitised HTML, built node by node. */

import { type ComponentChild, Fragment, h } from "preact";
import { linkify, safeHref } from "./linkify.ts";

const TAGS: Record<string, string> = {
  P: "p",
  BR: "br",
  STRONG: "strong",
  B: "strong",
  EM: "em",
  I: "em",
  DEL: "del",
  S: "del",
  CODE: "code",
  PRE: "pre",
  UL: "ul",
  OL: "ol",
  LI: "li",
  BLOCKQUOTE: "blockquote",
  HR: "hr",
  TABLE: "table",
  THEAD: "thead",
  TBODY: "tbody",
  TR: "tr",
  TH: "th",
  TD: "td",
};
const HEADING = /^H[1-6]$/;
const DROPPED = new Set([
  "SCRIPT",
  "STYLE",
  "TEMPLATE",
  "IFRAME",
  "OBJECT",
  "SVG",
  "MATH",
  "TITLE",
]);
const MAX_DEPTH = 16;

function Link(props: { href: string; children: ComponentChild }) {
  return (
    <a href={props.href} target="_blank" rel="noopener noreferrer">
      {props.children}
    </a>
  );
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

function convert(node: Node, depth: number): ComponentChild {
  if (node.nodeType === 3) return node.nodeValue;
  if (node.nodeType !== 1 || depth > MAX_DEPTH) return null;
  const element = node as Element;
  const name = element.tagName.toUpperCase();
  if (DROPPED.has(name)) return null;
  const children = Array.from(element.childNodes, (child) => convert(child, depth + 1));
  if (HEADING.test(name)) return h("p", { class: "heading" }, ...children);
  if (name === "A") {
    const href = safeHref(element.getAttribute("href") ?? "");
    return href ? h(Link, { href, children }) : h(Fragment, null, ...children);
  }
  const tag = TAGS[name];
  return tag ? h(tag, null, ...children) : h(Fragment, null, ...children);
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
