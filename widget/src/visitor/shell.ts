/** What the loader and the widget proper know of each other. */

import type { Identity } from "./identity.ts";

export const LANGUAGES = ["en", "sv", "da", "nb", "nl", "pl"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What the loader made and the widget fills. */
export interface Shell {
  /** The address that `widget.js` came from, with a slash at its end. */
  readonly base: string;
  /** Names of everything kept in the page's storage begin so. */
  readonly prefix: string;
  readonly lang: Language;
  /** The visitor's own variant of the language, for times and numbers. */
  readonly locale: string;
  /** What the page has said of the visitor so far. */
  readonly identity: Identity;
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  /** Add a style sheet to the shadow root. */
  style(css: string): void;
  /** Show how many messages are unread on the launcher, and whether the panel is open. */
  mark(unread: number, open: boolean): void;
}

/** The running widget as the loader drives it. */
export interface Widget {
  open(): void;
  close(): void;
  toggle(): void;
  /** The page has said more of the visitor. */
  identify(): void;
  destroy(): void;
}

export interface WidgetModule {
  mount(shell: Shell): Promise<Widget>;
}
