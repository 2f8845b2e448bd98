/** The time, as a signal that ticks every second. */

import { signal } from "@preact/signals";

/** The interface is English; an English browser says which one, others get 24 hours. */
export const LOCALE = navigator.language.startsWith("en") ? navigator.language : "en-GB";

export const now = signal(Date.now());

/** Returns how to stop. */
export function startClock(): () => void {
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  return () => clearInterval(timer);
}
