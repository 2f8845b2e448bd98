/** The three bundles: `--mode visitor`, `--mode loader` (names the visitor's file), `--mode console`. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Tests build elsewhere, so that they never change what a server serves. */
const STATIC = process.env["STRAKS_STATIC_DIR"] ?? here("../server/straks/static");

const shared: UserConfig = {
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  publicDir: false,
};
const target = ["es2022", "chrome105", "firefox115", "safari16"];

/** The widget proper: an ES module that the loader imports on the first interaction. */
function visitor(): UserConfig {
  return {
    ...shared,
    // Preact's own `h`: the automatic runtime would bring a second one along.
    oxc: {
      jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Group" },
      jsxInject: `import { Fragment as Group, h } from "preact"`,
    },
    base: "./",
    build: {
      target,
      outDir: `${STATIC}/widget`,
      emptyOutDir: true,
      assetsDir: "",
      manifest: "manifest.json",
      assetsInlineLimit: 4096,
      // A library: without it, Vite wraps every import() in half a kilobyte of help with styles.
      lib: { entry: { main: here("src/visitor/main.tsx") }, formats: ["es"] },
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

/** What `<script async src="https://HOST/widget.js">` loads: one classic script, no hash. */
function loader(): UserConfig {
  const manifest: Record<string, { file: string; isEntry?: boolean }> = JSON.parse(
    readFileSync(`${STATIC}/widget/manifest.json`, "utf8"),
  );
  const main = Object.values(manifest).find((chunk) => chunk.isEntry);
  if (!main) throw new Error("build the visitor bundle first: vite build --mode visitor");
  return {
    ...shared,
    define: { __WIDGET_MAIN__: JSON.stringify(`widget/${main.file}`) },
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
  if (mode === "visitor") return visitor();
  if (mode === "loader") return loader();
  return agents();
});
