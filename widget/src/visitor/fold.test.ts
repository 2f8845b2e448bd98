import { expect, test } from "vitest";
import type { Entry, Principal } from "../protocol/index.ts";
import { fold } from "./fold.ts";

const VISITOR: Principal = { kind: "visitor", id: "v" };
const ANNA: Principal = { kind: "agent", id: "a", name: "Anna" };

function log(first: number, ...items: [kind: string, from?: Principal, data?: object][]): Entry[] {
  return items.map(([kind, from = VISITOR, data = {}], at) => ({
    offset: first + at,
    id: `e${first + at}`,
    at: first + at,
    from,
    kind,
    data: data as Entry["data"],
  }));
}

test("the way of a conversation", () => {
  const entries = log(
    1,
    ["message"],
    ["answer", { kind: "app", id: "answers" }],
    ["ask_human"],
    ["message"],
    ["accept", ANNA],
    ["message", ANNA],
    ["close", ANNA],
    ["reopen"],
  );
  const states = entries.map((_, at) => {
    const { state, stateOffset } = fold(entries.slice(0, at + 1));
    return `${state} ${stateOffset}`;
  });
  expect(states).toEqual([
    "self_service 1",
    "self_service 1",
    "waiting 3",
    "waiting 3",
    "with_agent 5",
    "with_agent 5",
    "closed 7",
    "with_agent 8",
  ]);
  expect(fold(entries).agent).toEqual(ANNA);
  expect(fold(entries).certain).toBe(true);
});

test("asking for a person again changes nothing", () => {
  expect(fold(log(1, ["message"], ["ask_human"], ["ask_human"])).stateOffset).toBe(2);
  const taken = fold(log(1, ["message"], ["ask_human"], ["accept", ANNA], ["ask_human"]));
  expect([taken.state, taken.stateOffset]).toEqual(["with_agent", 3]);
});

test("judging an answer changes nothing", () => {
  const judged: [string, Principal, object] = ["feedback", VISITOR, { answer: 2, helped: true }];
  expect(fold(log(1, ["message"], ["answer"], judged))).toEqual(fold(log(1, ["message"])));
});

test("a transfer gives it to a team, or to another agent", () => {
  const start: [string, Principal?][] = [["message"], ["accept", ANNA]];
  expect(fold(log(1, ...start, ["transfer", ANNA, { team: "sales" }])).state).toBe("waiting");
  const moved = fold(log(1, ...start, ["transfer", ANNA, { agent: "b" }]));
  expect([moved.state, moved.agent?.id]).toEqual(["with_agent", "b"]);
});

test("part of a log is certain only once a deciding entry is in it", () => {
  const tail = fold(log(90, ["message"], ["message", ANNA]));
  expect(tail.certain).toBe(false);
  const decided = fold(log(80, ["message"], ["accept", ANNA], ["message"]));
  expect([decided.certain, decided.state, decided.stateOffset]).toEqual([true, "with_agent", 81]);
});
