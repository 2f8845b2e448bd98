import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";
import { mayReconnect } from "./codes.ts";
import { newKey } from "./keys.ts";

test("the bound doubles from half a second to twenty, and begins anew after a success", () => {
  const backoff = new Backoff(() => 1);
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([0.5, 1, 2, 4, 8, 16, 20, 20]);
  backoff.reset();
  expect(backoff.next()).toBe(0.5);
});

test("the jitter is full: a delay may be anything below the bound", () => {
  expect(new Backoff(() => 0).next()).toBe(0);
  expect(new Backoff(() => 0.25).next()).toBe(0.125);
});

test("close codes say whether to come back", () => {
  expect([1001, 1006, 1011, 4000, 4499].every(mayReconnect)).toBe(true);
  expect([1002, 1007, 1009, 4500, 4504, 4999].some(mayReconnect)).toBe(false);
});

test("keys are UUIDs of version 7 that rise, even within a millisecond or a clock gone back", () => {
  const keys = Array.from({ length: 5000 }, (_, at) => newKey(1_700_000_000_000 - (at % 3)));
  for (const key of keys) {
    expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
  expect([...keys].sort()).toEqual(keys);
  expect(new Set(keys).size).toBe(keys.length);
});
