/** Keeps the panel inside what a phone's keyboard leaves of the screen. */

import { listen } from "../ui/browser.ts";
import { computed, effect, type ReadonlySignal } from "./signals.ts";

/** While the panel is open, tell the style sheet the height and top of the visible part. */
export function watchViewport(
  host: HTMLElement,
  state: ReadonlySignal<{ readonly opened: boolean }>,
): () => void {
  const viewport = globalThis.visualViewport;
  if (!viewport) return () => {};
  const measure = () => {
    host.style.setProperty("--visible-height", `${viewport.height}px`);
    host.style.setProperty("--visible-top", `${viewport.offsetTop}px`);
  };
  const opened = computed(() => state.value.opened);
  return effect(() => {
    if (!opened.value) return;
    measure();
    return listen(viewport, ["resize", "scroll"], measure);
  });
}
