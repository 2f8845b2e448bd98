// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { afterEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../protocol/index.ts";
import { Alerts, titleCount } from "./alerts.ts";
import { Seen } from "./seen.ts";

const shown: [string, NotificationOptions][] = [];

/** The browser's class, as far as it is used. */
class Shown {
  static permission = "default";
  static async requestPermission() {
    Shown.permission = "granted";
  }
  onclick = () => {};
  constructor(title: string, options: NotificationOptions) {
    shown.push([title, options]);
  }
}

function hidden(is: boolean): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(is ? "hidden" : "visible");
}

afterEach(() => {
  shown.length = 0;
  Shown.permission = "default";
  vi.unstubAllGlobals();
});

test("a notification is shown once allowed, to who looks elsewhere", async () => {
  vi.stubGlobal("Notification", Shown);
  const alerts = new Alerts(new MemoryStorage());
  hidden(true);
  alerts.raise("c", "Vera is waiting", "Hello", () => {});
  expect([alerts.permission.value, shown.length]).toEqual(["default", 0]);
  await alerts.allow();
  alerts.raise("c", "Vera is waiting", "Hello", () => {});
  expect(shown).toMatchObject([["Vera is waiting", { body: "Hello", tag: "c" }]]);
  hidden(false);
  alerts.raise("c", "Vera is waiting", "Hello", () => {});
  expect(shown).toHaveLength(1);
});

test("the choice of sound is kept", () => {
  const storage = new MemoryStorage();
  new Alerts(storage).toggleSound();
  expect(new Alerts(storage).sound.value).toBe(false);
});

test("the title counts", () => {
  const count = signal(0);
  const stop = titleCount(() => count.value);
  expect(document.title).toBe("Inbox · Straks");
  count.value = 3;
  expect(document.title).toBe("(3) Inbox · Straks");
  stop();
});

test("what was seen stays seen, in every tab and after a reload", () => {
  const storage = new MemoryStorage();
  const seen = new Seen(storage, "anna");
  expect(seen.unread("c", 1)).toBe(true);
  seen.up("c", 4);
  seen.up("c", 2);
  const again = new Seen(storage, "anna");
  expect([again.unread("c", 4), again.unread("c", 5)]).toEqual([false, true]);
  expect(new Seen(storage, "bo").unread("c", 4)).toBe(true);
});
