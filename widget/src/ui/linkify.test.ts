import { expect, test } from "vitest";
import { linkify, safeHref } from "./linkify.ts";

const links = (text: string) => linkify(text).filter((piece) => typeof piece !== "string");
const joined = (text: string) =>
  linkify(text)
    .map((piece) => (typeof piece === "string" ? piece : piece.text))
    .join("");

test("web and mail addresses become links", () => {
  expect(links("see https://a.example/x?y=1 or www.b.example or me@c.example")).toEqual([
    { href: "https://a.example/x?y=1", text: "https://a.example/x?y=1" },
    { href: "https://www.b.example/", text: "www.b.example" },
    { href: "mailto:me@c.example", text: "me@c.example" },
  ]);
});

test("punctuation of the sentence stays outside the link", () => {
  expect(links("(at https://a.example/b).")).toEqual([
    { href: "https://a.example/b", text: "https://a.example/b" },
  ]);
  expect(links("https://a.example/b_(c)")).toEqual([
    { href: "https://a.example/b_(c)", text: "https://a.example/b_(c)" },
  ]);
});

test("nothing of the text is lost", () => {
  for (const text of [
    "",
    "plain",
    "a https://x.y/z, b",
    "https://x.y",
    "<b>www.x.y</b>",
    "http://",
  ]) {
    expect(joined(text)).toBe(text);
  }
});

test("schemes that run code are no links", () => {
  expect(safeHref("javascript:alert(1)")).toBeNull();
  expect(safeHref("data:text/html,x")).toBeNull();
  expect(safeHref("/relative")).toBeNull();
  expect(links("javascript:alert(1)")).toEqual([]);
});
