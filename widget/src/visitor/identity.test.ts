import { expect, test } from "vitest";
import { type Identity, readIdentity } from "./identity.ts";

function read(identity: Identity) {
  const wrong: string[] = [];
  return { told: readIdentity(identity, (what) => wrong.push(what)), wrong };
}

test("what attributes and variables say is taken alike", () => {
  const known = { order: "7", customer_no: 12 };
  const told = {
    known: { email: "v@example.org", name: "Vera", order: "7", customer_no: "12" },
    expert: true,
  };
  const said = { email: " v@example.org ", name: "Vera" };
  expect(read({ ...said, expert: true, known })).toEqual({ told, wrong: [] });
  expect(read({ ...said, expert: "", known: JSON.stringify(known) })).toEqual({ told, wrong: [] });
});

test("a page that says nothing, or nothing yet, tells nothing", () => {
  const empty = { email: "", name: null, known: "" };
  for (const identity of [{}, empty, { known: {} }, { known: null, expert: null }]) {
    expect(read(identity)).toEqual({ told: {}, wrong: [] });
  }
});

test("that somebody is no expert is told, too", () => {
  expect(read({ expert: "false" }).told).toEqual({ expert: false });
  expect(read({ expert: false }).told).toEqual({ expert: false });
});

test("what is said by itself counts before what is among the known", () => {
  const known = { email: "old@example.org", name: "Old" };
  expect(read({ email: "new@example.org", known }).told.known).toEqual({
    email: "new@example.org",
    name: "Old",
  });
});

test.each<[Identity, string]>([
  [{ email: "v@example" }, "email: no e-mail address"],
  [{ email: 7 }, "email: no e-mail address"],
  [{ name: "x".repeat(101) }, "name: must be one line of 100 at most"],
  [{ known: { order: "one\ntwo" } }, "order: must be one line of 300 at most"],
  [{ known: { order: "  " } }, "order: must be one line of 300 at most"],
  [{ known: { order: { id: 7 } } }, "order: must be one line of 300 at most"],
  [{ known: { order: Object.create(null) } }, "order: must be one line of 300 at most"],
  [{ known: { Order: "7" } }, "Order: names are of a-z, 0-9 and _"],
  [{ known: { [`a${"b".repeat(32)}`]: "7" } }, `a${"b".repeat(32)}: names are of a-z, 0-9 and _`],
  [{ known: "{order: 7}" }, "known: no object"],
  [{ known: ["7"] }, "known: no object"],
  [{ known: "7" }, "known: no object"],
  [{ expert: "perhaps" }, "expert: neither true nor false"],
])("%j is left out, and why is said", (identity, reason) => {
  expect(read(identity)).toEqual({ told: {}, wrong: [reason] });
});

test("one wrong fact takes no right one with it", () => {
  const { told, wrong } = read({ email: "nobody", known: { order: "7", Bad: "x" } });
  expect(told).toEqual({ known: { order: "7" } });
  expect(wrong.length).toBe(2);
});

test("as many characters as the server takes, however many units they are", () => {
  expect(read({ known: { smile: "🙂".repeat(300) } }).wrong).toEqual([]);
  expect(read({ known: { smile: "🙂".repeat(301) } }).told).toEqual({});
});

test("of too much, the address and the name are kept", () => {
  const known = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`fact${at}`, "x"]));
  const { told, wrong } = read({ email: "v@example.org", name: "Vera", known });
  expect(Object.keys(told.known ?? {}).length).toBe(20);
  expect(told.known).toMatchObject({ email: "v@example.org", name: "Vera", fact0: "x" });
  expect(wrong.length).toBe(7);
});
