// @vitest-environment happy-dom
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import { PlainText, SafeHtml } from "./text.tsx";

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement("div");
});

function shown(html: string): string {
  render(<SafeHtml html={html} />, root);
  return root.innerHTML;
}

test("known tags pass without their attributes", () => {
  expect(shown('<p class="x" onclick="go()">a <strong style="y">b</strong></p>')).toBe(
    "<p>a <strong>b</strong></p>",
  );
});

test("unknown tags leave their text, dangerous ones nothing", () => {
  expect(shown("<p><blink>a</blink></p><script>b</script><style>c</style>")).toBe("<p>a</p>");
  expect(shown('<img src="x" onerror="go()">a')).toBe("a");
});

test("links open elsewhere and lose dangerous addresses", () => {
  expect(shown('<a href="https://a.example/">a</a>')).toBe(
    '<a href="https://a.example/" target="_blank" rel="noopener noreferrer">a</a>',
  );
  expect(shown('<a href="javascript:go()">a</a>')).toBe("a");
});

test("headings do not disturb the outline of the page", () => {
  expect(shown("<h1>a</h1>")).toBe('<p class="heading">a</p>');
});

test("plain text is never read as HTML", () => {
  render(<PlainText text={"<img src=x onerror=go()> https://a.example"} />, root);
  expect(root.querySelector("img")).toBeNull();
  expect(root.querySelector("a")?.getAttribute("rel")).toBe("noopener noreferrer");
});
