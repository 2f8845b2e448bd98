import { expect, test } from "vitest";
import type { ChannelView } from "../protocol/index.ts";
import { Held } from "./held.ts";

function holding() {
  const followed = new Set<string>();
  const held = new Held({
    subscribe: (channel) => {
      followed.add(channel);
      return {} as ChannelView;
    },
    unsubscribe: (channel) => void followed.delete(channel),
  });
  return { held, followed };
}

test("every conversation of one's own is followed, and no longer than it is", () => {
  const { held, followed } = holding();
  held.keep(["a", "b"], undefined);
  expect([...followed]).toEqual(["conversation:a", "conversation:b"]);
  held.keep(["b", "c"], undefined);
  expect([...followed]).toEqual(["conversation:b", "conversation:c"]);
  expect(["a", "b", "c"].map((id) => held.has(id))).toEqual([false, true, true]);
});

test("the one that is open is left to who shows it", () => {
  const { held, followed } = holding();
  held.keep(["a"], "a");
  held.keep([], "a");
  expect([...followed]).toEqual(["conversation:a"]);
  expect(held.has("a")).toBe(false);
});

test("there are never more than a connection may follow", () => {
  const { held, followed } = holding();
  held.keep(
    Array.from({ length: 150 }, (_, at) => `c${at}`),
    undefined,
  );
  expect(followed.size).toBe(100);
});
