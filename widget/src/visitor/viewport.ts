/** Keeps the panel inside what a phone's keyboard leaves of the screen. */

import { effect, type ReadonlySignal } from "@preact/signals";

/** While `opened`, tell the style sheet the height and top of the visible part. */
export function watchViewport(host: HTMLElement, opened: ReadonlySignal<boolean>): () => void {
  const viewport = globalThis.visualViewport;
  if (!viewport) return () => {};
  const measure = () => {
    host.style.setProperty("--visible-height", `${viewport.height}px`);
    host.style.setProperty("--visible-top", `${viewport.offsetTop}px`);
  };
  return effect(() => {
    if (!opened.value) return;
    measure();
    viewport.addEventListener("resize", measure);
    viewport.addEventListener("scroll", measure);
    return () => {
      viewport.removeEventListener("resize", measure);
      viewport.removeEventListener("scroll", measure);
    };
  });
}
