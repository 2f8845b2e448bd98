// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlainText, SafeHtml } from "./text.tsx";

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement("div");
});

afterEach(() => vi.unstubAllGlobals());

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
  expect(shown('<object data="x"></object>a')).toBe("a");
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

const PICTURE = "https://a.example/lamp.png";
const picture = (src: string, more = "") => `<img src="${src}" alt="A lamp" ${more}>`;

test("pictures pass with their words and size, and nothing that acts", () => {
  shown(picture(PICTURE, 'width="640" height="2e9" onerror="go()" style="x" srcset="y 2x"'));
  const image = root.querySelector("img");
  expect([image?.src, image?.alt, image?.getAttribute("width")]).toEqual([
    PICTURE,
    "A lamp",
    "640",
  ]);
  expect(image?.getAttributeNames().sort()).toEqual(["alt", "loading", "src", "width"]);
  expect(image?.getAttribute("loading")).toBe("lazy");
});

test("videos pass with controls, and load no more than they must", () => {
  const src = "https://a.example/turn.mp4";
  shown(`<video src="${src}" aria-label="Turning it" autoplay loop></video>`);
  const video = root.querySelector("video");
  expect([video?.src, video?.controls, video?.preload]).toEqual([src, true, "metadata"]);
  expect([video?.autoplay, video?.loop]).toEqual([false, false]);
  expect(video?.getAttribute("aria-label")).toBe("Turning it");
});

test.each(["javascript:go()", "data:image/svg+xml,<svg/>", "/lamp.png", "mailto:a@b.example", ""])(
  "of a picture from %j its words are left",
  (src) => expect(shown(picture(src))).toBe("A lamp"),
);

test("a page with TLS takes pictures with TLS only", () => {
  const plain = "http://a.example/lamp.png";
  expect(shown(picture(plain))).toContain(`src="${plain}"`);
  vi.stubGlobal("location", new URL("https://shop.example/"));
  expect(shown(picture(plain))).toBe("A lamp");
  expect(shown(picture(PICTURE))).toContain(`src="${PICTURE}"`);
});

test("what cannot be loaded is said in words, a video with the way to it", async () => {
  shown(`<p>${picture(PICTURE)}</p><video src="https://a.example/v.mp4">Turning it</video>`);
  for (const lost of root.querySelectorAll("img, video")) lost.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(root.querySelector("img, video")).toBeNull());
  expect(root.querySelector("p")?.textContent).toBe("A lamp");
  expect(root.querySelector("a")?.outerHTML).toBe(
    '<a href="https://a.example/v.mp4" target="_blank" rel="noopener noreferrer">Turning it</a>',
  );
});
