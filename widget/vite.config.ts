/**
 * The bundles: `--mode parts`, `--mode visitor` (names the files of the parts), `--mode loader` (names
 * the visitor's file), `--mode console`.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { LANGUAGES } from "./src/visitor/shell.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Tests build elsewhere, so that they never change what a server serves. */
const STATIC = process.env["STRAKS_STATIC_DIR"] ?? here("../server/straks/static");

const shared: UserConfig = {
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  publicDir: false,
};
const target = ["es2022", "chrome105", "firefox115", "safari16"];

/** Names and files of the entries that a build left in a manifest. */
function entries(manifest: string): [name: string, file: string][] {
  const chunks: Record<string, { file: string; name: string; isEntry?: boolean }> = JSON.parse(
    readFileSync(`${STATIC}/widget/${manifest}`, "utf8"),
  );
  return Object.values(chunks).flatMap(({ isEntry, name, file }) =>
    isEntry ? [[name, file]] : [],
  );
}

/** ES modules below `widget/`, their names with a hash. */
function modules(entry: Record<string, string>, manifest: string, preact: string): UserConfig {
  return {
    ...shared,
    // Preact's own `h`: the automatic runtime would bring a second one along.
    oxc: {
      jsx: { runtime: "classic", pragma: "make", pragmaFrag: "Group" },
      jsxInject: `import { Fragment as Group, h as make } from ${JSON.stringify(preact)}`,
    },
    base: "./",
    build: {
      target,
      outDir: `${STATIC}/widget`,
      emptyOutDir: false,
      assetsDir: "",
      manifest,
      assetsInlineLimit: 4096,
      // A library: without it, Vite wraps every import() in half a kilobyte of help with styles.
      lib: { entry, formats: ["es"] },
      rolldownOptions: {
        // Nobody bundles it again: it needs no hints to bundlers, and no names for constants.
        optimization: { inlineConst: true },
        output: {
          entryFileNames: "[name]-[hash].js",
          chunkFileNames: "[name]-[hash].js",
          minify: true,
          comments: false,
        },
        preserveEntrySignatures: "allow-extension",
      },
    },
  };
}

/** What the widget fetches when it is needed: the texts of a language, what only some answers need. */
function parts(): UserConfig {
  const texts = LANGUAGES.map((lang) => [lang, here(`src/visitor/texts/${lang}.ts`)] as const);
  const entry = { ...Object.fromEntries(texts), extras: here("src/visitor/extras/extras.tsx") };
  // Of the widget they get what they use: an import of it could fetch a second one.
  const kit = here("src/visitor/extras/kit.ts");
  const config = modules(entry, "parts.json", kit);
  return { ...config, build: { ...config.build, emptyOutDir: true } };
}

/** The widget proper, which the loader imports on the first interaction. */
function visitor(): UserConfig {
  const main = { main: here("src/visitor/main.tsx") };
  const files = entries("parts.json");
  const hashes = Object.fromEntries(
    files.map(([name, file]) => [name, file.slice(name.length + 1, -".js".length)]),
  );
  return {
    ...modules(main, "manifest.json", "preact"),
    define: { __WIDGET_PARTS__: JSON.stringify(hashes) },
  };
}

/** What `<script async src="https://HOST/widget.js">` loads: one classic script, no hash. */
function loader(): UserConfig {
  const [[, main] = []] = entries("manifest.json");
  if (!main) throw new Error("build the visitor bundle first: vite build --mode visitor");
  return {
    ...shared,
    define: { __WIDGET_MAIN__: JSON.stringify(`widget/${main}`) },
    build: {
      target,
      outDir: STATIC,
      emptyOutDir: false,
      rolldownOptions: {
        input: { widget: here("src/visitor/loader.ts") },
        output: { format: "iife", entryFileNames: "widget.js" },
      },
    },
  };
}

/** The agents' console, an application of its own under `/console/`. */
function agents(): UserConfig {
  return {
    ...shared,
    root: here("src/console"),
    base: "/console/",
    build: {
      target,
      outDir: `${STATIC}/console`,
      emptyOutDir: true,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
    },
    server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
  };
}

export default defineConfig(({ mode }) => {
  if (mode === "parts") return parts();
  if (mode === "visitor") return visitor();
  if (mode === "loader") return loader();
  return agents();
});
