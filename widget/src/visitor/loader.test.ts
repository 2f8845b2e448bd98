// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";

vi.stubGlobal("__WIDGET_MAIN__", "widget/main.js");

async function include(attributes: Record<string, string> = {}, times = 1): Promise<ShadowRoot> {
  const script = document.createElement("script");
  script.type = "text/plain";
  script.src = "https://chat.example/sub/widget.js";
  for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
  document.head.append(script);
  for (let n = 0; n < times; n += 1) {
    vi.resetModules();
    await import("./loader.ts");
  }
  const root = document.getElementById("straks")?.shadowRoot;
  if (!root) throw new Error("no open shadow root");
  return root;
}

const button = (root: ShadowRoot) => root.querySelector("button") as HTMLButtonElement;

afterEach(() => {
  window.Straks?.destroy();
  document.head.replaceChildren();
  document.documentElement.lang = "";
  localStorage.clear();
  sessionStorage.clear();
});

test("there is a real button at once, and nothing is stored or fetched", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const root = await include();
  expect(button(root).getAttribute("aria-label")).toBe("Open chat");
  expect(button(root).getAttribute("aria-expanded")).toBe("false");
  expect(button(root).getAttribute("aria-haspopup")).toBe("dialog");
  expect(localStorage.length + sessionStorage.length + document.cookie.length).toBe(0);
  expect(fetched).not.toHaveBeenCalled();
});

test("the button speaks the language asked for, else that of the page", async () => {
  document.documentElement.lang = "da-DK";
  expect(button(await include()).getAttribute("aria-label")).toBe("Åbn chatten");
  window.Straks?.destroy();
  document.head.replaceChildren();
  const polish = await include({ "data-lang": "pl" });
  expect(button(polish).getAttribute("aria-label")).toBe("Otwórz czat");
});

test("included twice, it is there once", async () => {
  await include({}, 2);
  expect(document.querySelectorAll("straks-chat").length).toBe(1);
});

test("a colour is taken with what reads on it, and nothing but a colour", async () => {
  const host = (root: ShadowRoot) => (root.host as HTMLElement).style;
  const yellow = host(await include({ "data-color": "#ffd23f" }));
  expect([yellow.getPropertyValue("--brand"), yellow.getPropertyValue("--on-brand")]).toEqual([
    "#ffd23f",
    "#111",
  ]);
  window.Straks?.destroy();
  document.head.replaceChildren();
  const other = host(await include({ "data-color": "url(https://x.example)" }));
  expect(other.getPropertyValue("--brand")).toBe("");
});

test("a page that throws its body away keeps the button", async () => {
  const root = await include();
  root.host.remove();
  await vi.waitFor(() => expect(root.host.isConnected).toBe(true));
});

test("a help page's answer is noted for the tab, and nothing of any other page", async () => {
  await include({ "data-read": "returns/how-to" });
  expect(sessionStorage.getItem("straks:chat.example:read")).toBe('["returns/how-to"]');
  window.Straks?.destroy();
  document.head.replaceChildren();
  sessionStorage.clear();
  await include({ "data-email": "v@example.org" });
  expect(sessionStorage.length + localStorage.length).toBe(0);
});

test("destroyed, it leaves nothing", async () => {
  const root = await include();
  window.Straks?.destroy();
  expect(root.host.isConnected).toBe(false);
  expect(window.Straks).toBeUndefined();
});
