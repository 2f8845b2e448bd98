// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { browserStorage } from "../ui/browser.ts";
import { fillingIn, keeper } from "./kept.ts";

beforeEach(() => localStorage.clear());

test("what is being filled in comes back for its own form only", () => {
  const storage = browserStorage();
  const kept = keeper(storage, "straks:here");
  expect(fillingIn(kept, "a 2")).toBeUndefined();
  fillingIn(kept, "a 2", { order: "7" });
  expect(fillingIn(keeper(storage, "straks:here"), "a 2")).toEqual({ order: "7" });
  expect(fillingIn(kept, "a 4")).toBeUndefined();
  fillingIn(kept, "a 4", { order: "8" });
  expect(fillingIn(kept, "a 2")).toBeUndefined();
  kept.set("form");
  expect(fillingIn(kept, "a 4")).toBeUndefined();
});

test.each(["{", "7", "null", '{"at":1}'])("%j in the storage is none of ours", (broken) => {
  const storage = browserStorage();
  storage.set("straks:here:form", broken);
  expect(fillingIn(keeper(storage, "straks:here"), "a 2")).toBeUndefined();
});
