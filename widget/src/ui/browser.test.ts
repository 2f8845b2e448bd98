// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { inTurn } from "../protocol/index.ts";
import { browserStorage, overTabs } from "./browser.ts";

beforeEach(() => localStorage.clear());

test("what the host page clears away stays while the page lives", () => {
  const storage = browserStorage();
  storage.set("straks:token", "t1");
  localStorage.clear();
  expect(storage.get("straks:token")).toBe("t1");
  expect(storage.names("straks:")).toEqual(["straks:token"]);
  expect(browserStorage().get("straks:token")).toBeUndefined();
});

test("what another tab wrote or removed holds here too", () => {
  const storage = browserStorage();
  const heard: string[] = [];
  const stop = storage.watch((name) => heard.push(name));
  storage.set("a", "1");
  localStorage.setItem("a", "2");
  expect(storage.get("a")).toBe("2");
  localStorage.removeItem("a");
  dispatchEvent(new StorageEvent("storage", { key: "a", newValue: null }));
  expect(storage.get("a")).toBeUndefined();
  expect(heard).toEqual(["a"]);
  stop();
});

test("a full storage keeps nothing old in place of the new", () => {
  const kept = new Map([["draft", "Hel"]]);
  let full = true;
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem(name: string, value: string) {
      if (full) throw new DOMException("full", "QuotaExceededError");
      kept.set(name, value);
    },
  });
  const storage = browserStorage();
  expect(storage.set("draft", "Hello")).toBe(false);
  expect(storage.get("draft")).toBe("Hello");
  full = false;
  expect(storage.set("draft", "Hello.")).toBe(true);
  expect([storage.get("draft"), kept.get("draft")]).toEqual(["Hello.", "Hello."]);
  vi.unstubAllGlobals();
});

test("a forbidden storage is replaced by memory", () => {
  vi.spyOn(globalThis, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  const storage = browserStorage();
  expect(storage.set("a", "1")).toBe(false);
  expect([storage.get("a"), storage.names("a")]).toEqual(["1", ["a"]]);
  storage.remove("a");
  expect(storage.get("a")).toBeUndefined();
});

test("a tab that sleeps in the middle of its work holds the others up for a while only", async () => {
  const request = (_name: string, { signal }: LockOptions) =>
    new Promise((_, refuse) => signal?.addEventListener("abort", () => refuse(signal.reason)));
  vi.stubGlobal("navigator", { locks: { request } });
  let done = 0;
  await overTabs(inTurn(), 5)("hello", async () => {
    done += 1;
  });
  expect(done).toBe(1);
  vi.unstubAllGlobals();
});
