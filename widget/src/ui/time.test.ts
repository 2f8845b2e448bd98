import { expect, test } from "vitest";
import { dayLabel, sameDay, shortSpan, stopwatch } from "./time.ts";

const NOON = new Date(2026, 4, 15, 12).getTime();
const DAY = 86_400_000;

test("days are named as people name them", () => {
  expect(dayLabel(NOON, NOON, "en")).toBe("Today");
  expect(dayLabel(NOON - DAY, NOON, "pl")).toBe("Wczoraj");
  expect(dayLabel(NOON - 2 * DAY, NOON, "en")).toBe("Wednesday");
  expect(dayLabel(NOON - 30 * DAY, NOON, "en")).toBe("April 15, 2026");
});

test("a day ends at local midnight", () => {
  const midnight = new Date(2026, 4, 16).getTime();
  expect(sameDay(midnight - 1, midnight)).toBe(false);
  expect(sameDay(midnight, midnight + 1)).toBe(true);
});

test("spans are short", () => {
  expect(shortSpan(59_999, "en")).toBeNull();
  expect(shortSpan(61_000, "en")).toBe("1m");
  expect(shortSpan(3 * 3_600_000, "en")).toBe("3h");
  expect(shortSpan(49 * 3_600_000, "en")).toBe("2d");
});

test("the stopwatch counts minutes, then hours", () => {
  expect(stopwatch(-5)).toBe("0:00");
  expect(stopwatch(67_000)).toBe("1:07");
  expect(stopwatch(3_725_000)).toBe("1:02:05");
});
