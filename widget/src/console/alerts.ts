/** Makes agents aware: a chime, a number in the page's title, a notification. */

import { effect, signal } from "@preact/signals";
import type { StoragePort } from "../protocol/index.ts";
import { chime, primeSound } from "../ui/sound.ts";
import { t } from "./texts.ts";

const SOUND = "straks:sound";
/** Several at once sound as one. */
const QUIET_MS = 1500;

export type Permission = "unsupported" | "default" | "granted" | "denied";

function currentPermission(): Permission {
  return typeof Notification === "undefined" ? "unsupported" : Notification.permission;
}

export class Alerts {
  readonly sound = signal(true);
  readonly permission = signal<Permission>(currentPermission());

  private soundedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly storage: StoragePort) {
    this.sound.value = storage.get(SOUND) !== "off";
  }

  /** Browsers stay silent until the first gesture; returns how to stop listening for it. */
  listen(): () => void {
    const prime = () => primeSound();
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, prime);
    return () => {
      for (const name of ["pointerdown", "keydown"]) removeEventListener(name, prime);
    };
  }

  toggleSound(): void {
    this.sound.value = !this.sound.value;
    this.storage.set(SOUND, this.sound.value ? "on" : "off");
    if (this.sound.value) {
      primeSound();
      chime();
    }
  }

  /** Asks the agent; call it from a click. */
  async allow(): Promise<void> {
    if (typeof Notification === "undefined") return;
    await Notification.requestPermission();
    this.permission.value = currentPermission();
  }

  /** `id` replaces an earlier notification about the same conversation. */
  raise(id: string, title: string, text: string, open: () => void): void {
    if (this.sound.value && Date.now() - this.soundedAt > QUIET_MS) {
      this.soundedAt = Date.now();
      chime();
    }
    if (this.permission.value !== "granted" || document.visibilityState === "visible") return;
    try {
      const shown = new Notification(title, { body: text, tag: id, icon: "./icon.svg" });
      shown.onclick = () => {
        focus();
        open();
        shown.close();
      };
    } catch {
      // Some phones allow notifications from service workers only; the chime has sounded.
      this.permission.value = "unsupported";
    }
  }
}

/** Keeps "(3) Inbox · Straks" up to date; returns how to stop. */
export function titleCount(count: () => number): () => void {
  return effect(() => {
    const number = count();
    document.title = `${number > 0 ? `(${number}) ` : ""}${t.inbox} · ${t.product}`;
  });
}
