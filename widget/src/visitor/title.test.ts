// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { countInTitle, plainTitle } from "./title.ts";

test("our count comes and goes before the page's own title", () => {
  document.title = "Lamps";
  countInTitle(2);
  expect([document.title, plainTitle()]).toEqual(["(2) Lamps", "Lamps"]);
  countInTitle(3);
  expect(document.title).toBe("(3) Lamps");
  countInTitle(0);
  expect(document.title).toBe("Lamps");
});

test("a number of the page's own stays", () => {
  document.title = "(5) Offers";
  countInTitle(0);
  expect(document.title).toBe("(5) Offers");
  countInTitle(1);
  expect(document.title).toBe("(1) (5) Offers");
  countInTitle(0);
  expect(document.title).toBe("(5) Offers");
});

test("a title that the page changed meanwhile is the one that is kept", () => {
  document.title = "Lamps";
  countInTitle(1);
  document.title = "Shades";
  countInTitle(2);
  expect(document.title).toBe("(2) Shades");
  countInTitle(0);
  expect(document.title).toBe("Shades");
});
