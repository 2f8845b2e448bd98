import { expect, test } from "vitest";
import { batch, computed, effect, signal } from "./signals.ts";

test("what is computed follows, and is computed once for each change, when it is read", () => {
  const one = signal(1);
  let times = 0;
  const twice = computed(() => {
    times += 1;
    return one.value * 2;
  });
  expect(times).toBe(0);
  expect([twice.value, twice.value, twice.peek(), times]).toEqual([2, 2, 2, 1]);
  one.value = 5;
  expect(times).toBe(1);
  expect([twice.value, times]).toEqual([10, 2]);
});

test("what came out the same is no change to who reads it", () => {
  const number = signal(1);
  const odd = computed(() => number.value % 2 === 1);
  const seen: boolean[] = [];
  effect(() => seen.push(odd.value));
  number.value = 3;
  number.value = 3;
  expect(seen).toEqual([true]);
  number.value = 4;
  expect(seen).toEqual([true, false]);
});

test("two ways to one value are one change, and no half of it is seen", () => {
  const number = signal(1);
  const less = computed(() => number.value - 1);
  const more = computed(() => number.value + 1);
  const seen: string[] = [];
  effect(() => seen.push(`${less.value} ${more.value}`));
  number.value = 2;
  expect(seen).toEqual(["0 2", "1 3"]);
});

test("several changes together are one", () => {
  const [first, last] = [signal("a"), signal("b")];
  const seen: string[] = [];
  effect(() => seen.push(first.value + last.value));
  batch(() => {
    first.value = "c";
    last.value = "d";
  });
  expect(seen).toEqual(["ab", "cd"]);
});

test("only what was read last counts", () => {
  const [which, one, other] = [signal(true), signal(1), signal(10)];
  const seen: number[] = [];
  effect(() => seen.push(which.value ? one.value : other.value));
  other.value = 20;
  which.value = false;
  one.value = 2;
  other.value = 30;
  expect(seen).toEqual([1, 20, 30]);
});

test("peeking binds to nothing", () => {
  const number = signal(1);
  const seen: number[] = [];
  effect(() => seen.push(number.peek()));
  number.value = 2;
  expect(seen).toEqual([1]);
});

test("an effect cleans up before it runs again, and when it is stopped", () => {
  const number = signal(1);
  const said: string[] = [];
  const stop = effect(() => {
    const now = number.value;
    said.push(`begin ${now}`);
    return () => said.push(`end ${now}`);
  });
  number.value = 2;
  stop();
  number.value = 3;
  stop();
  expect(said).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
});

test("what an effect changes reaches the others, and itself, at its end", () => {
  const [asked, answered] = [signal(0), signal(0)];
  const seen: number[] = [];
  effect(() => {
    answered.value = asked.value * 2;
    if (asked.value === 1) asked.value = 2;
  });
  effect(() => seen.push(answered.value));
  asked.value = 1;
  expect(seen).toEqual([0, 2, 4]);
});

test("an effect that fails does not stop the rest for good", () => {
  const number = signal(1);
  const seen: number[] = [];
  effect(() => {
    if (number.value === 2) throw new Error("two");
  });
  effect(() => seen.push(number.value));
  expect(() => {
    number.value = 2;
  }).toThrow("two");
  number.value = 3;
  expect(seen.at(-1)).toBe(3);
});
