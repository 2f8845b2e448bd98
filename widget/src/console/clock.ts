/** The time, as a signal that ticks every second. */

import { signal } from "@preact/signals";

export const now = signal(Date.now());

/** Returns how to stop. */
export function startClock(): () => void {
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  return () => clearInterval(timer);
}
