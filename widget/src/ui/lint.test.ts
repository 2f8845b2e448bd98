import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = new URL("..", import.meta.url).pathname;
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name),
);

const lines = (name: string) => readFileSync(join(SOURCE, name), "utf8").split("\n");

test("nothing parses HTML into the page", () => {
  const forbidden =
    /\.(innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(|new Function/;
  const found = files.filter((name) => lines(name).some((line) => forbidden.test(line)));
  expect(files.length).toBeGreaterThan(5);
  expect(found).toEqual([]);
});

test("modules stay under 400 lines, components under 250", () => {
  const long = files.filter((name) => lines(name).length > (name.endsWith(".tsx") ? 251 : 401));
  expect(long).toEqual([]);
});

test("the two applications know nothing of each other, the protocol nothing of either", () => {
  const rules: [RegExp, RegExp][] = [
    [/^visitor\//, /from "\.\.\/(\.\.\/)*console\//],
    [/^console\//, /from "\.\.\/(\.\.\/)*visitor\//],
    [/^ui\//, /from "\.\.\/(\.\.\/)*(visitor|console|protocol)\//],
    [/^protocol\//, /from "\.\.\/(\.\.\/)*(visitor|console|ui)\//],
  ];
  const found = files.filter((name) =>
    rules.some(
      ([folder, imports]) => folder.test(name) && lines(name).some((l) => imports.test(l)),
    ),
  );
  expect(found).toEqual([]);
});
