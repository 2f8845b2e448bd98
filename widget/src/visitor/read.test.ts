// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { readAnswers } from "./read.ts";

beforeEach(() => sessionStorage.clear());

test("what was read is kept for the tab, each answer once, the last twenty of them", () => {
  expect(readAnswers("straks:a")).toEqual([]);
  expect(sessionStorage.length).toBe(0);
  for (let at = 0; at < 30; at += 1) readAnswers("straks:a", `answer/${at}`);
  expect(readAnswers("straks:a", "answer/15").slice(-2)).toEqual(["answer/29", "answer/15"]);
  expect(readAnswers("straks:a").length).toBe(20);
  expect(readAnswers("straks:b")).toEqual([]);
});

test("what a page wrote there is an answer's id, or is passed over", () => {
  const kept = ["delivery", 7, "two words", "", "x".repeat(65), "returns"];
  sessionStorage.setItem("straks:a:read", JSON.stringify(kept));
  expect(readAnswers("straks:a")).toEqual(["delivery", "7", "returns"]);
  for (const broken of ["{", "7", '{"a":1}', "null"]) {
    sessionStorage.setItem("straks:a:read", broken);
    expect(readAnswers("straks:a")).toEqual([]);
  }
});

test("where nothing may be stored, the answer counts for now", () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("forbidden");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("forbidden");
  });
  expect(readAnswers("straks:a", "delivery")).toEqual(["delivery"]);
});
