/** Says things to screen readers without moving the focus. */

import { signal } from "@preact/signals";

/** `Region` must be in the same tree (page or shadow root) as what it speaks about. */
export function createAnnouncer() {
  const said = signal("");
  return {
    /** The same words twice are said twice. */
    announce(text: string): void {
      said.value = text === said.value ? `${text}\u00a0` : text;
    },
    Region: () => (
      <div class="hidden" aria-live="polite" aria-atomic="true">
        {said}
      </div>
    ),
  };
}
