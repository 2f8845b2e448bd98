import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const KIB = 1024;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "straks-bundle-"));
  const vite = join(HOME, "node_modules/vite/bin/vite.js");
  for (const mode of ["parts", "visitor", "loader"]) {
    execFileSync(process.execPath, [vite, "build", "--mode", mode, "--logLevel", "error"], {
      cwd: HOME,
      env: { ...process.env, NODE_ENV: "production", STRAKS_STATIC_DIR: folder },
    });
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string) => readFileSync(join(folder, name), "utf8");
const weight = (name: string) => gzipSync(text(name), { level: 9 }).length;
const built = () => readdirSync(join(folder, "widget")).filter((name) => name.endsWith(".js"));
const main = () => built().find((name) => name.startsWith("main-")) ?? "";
const extras = () => built().find((name) => name.startsWith("extras-")) ?? "";
const languages = () => built().filter((name) => /^[a-z]{2}-/.test(name));

test("the loader weighs no more than 3 KB, gzipped", () => {
  expect(weight("widget.js")).toBeLessThanOrEqual(3 * KIB);
});

test("the widget with its loader weighs no more than 30 KB, gzipped", () => {
  expect(weight("widget.js") + weight(`widget/${main()}`)).toBeLessThanOrEqual(30 * KIB);
});

test("a visitor fetches the texts of one language only, 2 KB at most", () => {
  expect(
    languages()
      .map((name) => name.slice(0, 2))
      .sort(),
  ).toEqual(["da", "en", "nb", "nl", "pl", "sv"]);
  for (const name of languages()) expect(weight(`widget/${name}`)).toBeLessThanOrEqual(2 * KIB);
  for (const words of ["Porozmawiaj", "Talk to a person"]) {
    expect(text(`widget/${main()}`)).not.toContain(words);
  }
});

test("what only some answers need is fetched apart, and weighs no more than 4 KB, gzipped", () => {
  expect(weight(`widget/${extras()}`)).toBeLessThanOrEqual(4 * KIB);
  const hash = extras().slice("extras-".length, -".js".length);
  expect(text(`widget/${main()}`)).toContain(hash);
});

test("no part fetches another, or the widget a second time", () => {
  for (const name of [extras(), ...languages()]) {
    expect(text(`widget/${name}`)).not.toMatch(/\b(import|from)\b\s*[`"'(]/);
  }
});

test("the loader is a classic script that names the built widget", () => {
  expect(text("widget.js")).toContain(`widget/${main()}`);
  expect(text("widget.js")).not.toMatch(/^\s*(import|export)\b/m);
});

test("names carry a hash, so that they may be kept for ever", () => {
  for (const name of built()) expect(name).toMatch(/-[\w-]{8}\.js$/);
});

test("nothing in it needs `eval`, or styles in attributes", () => {
  for (const name of ["widget.js", `widget/${main()}`, `widget/${extras()}`]) {
    expect(text(name)).not.toMatch(/\beval\(|new Function|\.setAttribute\([`"']style/);
  }
});
