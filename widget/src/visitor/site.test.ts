import { afterEach, expect, test, vi } from "vitest";
import { fetchSite } from "./site.ts";

const BASE = "https://chat.example/";

function answering(body: object, status = 200): void {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status }));
}
afterEach(() => vi.unstubAllGlobals());

test("the server says who it is, who is there, and whether its answers are pages", async () => {
  answering({ name: "Shop", available: true, languages: ["en"], help: true });
  expect(await fetchSite(BASE)).toEqual({
    name: "Shop",
    available: true,
    help: "https://chat.example/help/",
  });
});

test("what a server of another version does not say is not so", async () => {
  answering({});
  expect(await fetchSite(BASE)).toEqual({ name: "", available: false, help: "" });
});

test("a server that refuses says nothing", async () => {
  answering({}, 403);
  expect(await fetchSite(BASE)).toBeUndefined();
});
