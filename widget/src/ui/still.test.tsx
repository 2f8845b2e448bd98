// @vitest-environment happy-dom
import { createContext, render } from "preact";
import { useContext } from "preact/hooks";
import { act } from "preact/test-utils";
import { expect, test } from "vitest";
import { still } from "./still.ts";

const Word = createContext("");
let drawn = 0;
const Line = still(({ row, away }: { row: { text: string; at?: number }; away?: boolean }) => {
  drawn += 1;
  return `${row.text} ${away ?? ""} ${useContext(Word)}`;
});

async function show(
  row: { text: string; at?: number },
  away?: boolean,
  word = "",
): Promise<string> {
  await act(() =>
    render(
      <Word.Provider value={word}>
        <Line row={row} {...(away !== undefined && { away })} />
      </Word.Provider>,
      document.body,
    ),
  );
  return document.body.textContent.trim();
}

test("it is drawn again for another prop, field or context, and for nothing else", async () => {
  await show({ text: "a" });
  await show({ text: "a" });
  expect(drawn).toBe(1);
  expect(await show({ text: "b" })).toBe("b");
  expect(await show({ text: "b" }, true)).toBe("b true");
  expect(await show({ text: "b" }, true, "c")).toBe("b true c");
  expect(drawn).toBe(4);
});

test("a field that is gone is another row", async () => {
  await show({ text: "a", at: 1 });
  const before = drawn;
  await show({ text: "a" });
  expect(drawn).toBe(before + 1);
});
