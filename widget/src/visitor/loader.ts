/** What a host page loads: a launcher button at once, everything else when somebody wants it. */

import type { Identity } from "./identity.ts";
import { chooseLanguage, chooseLocale } from "./language.ts";
import css from "./launcher.css?inline";
import { readAnswers } from "./read.ts";
import type { Language, Shell, Widget, WidgetModule } from "./shell.ts";

declare const __WIDGET_MAIN__: string;

interface Api {
  open(): void;
  close(): void;
  toggle(): void;
  /** Say who the visitor is, and what is known of them; added to what was said before. */
  identify(who: Identity): void;
  destroy(): void;
}

declare global {
  interface Window {
    Straks?: Api;
  }
}

/** Open, close, could not load. */
const LABELS: Record<Language, readonly [string, string, string]> = {
  en: ["Open chat", "Close chat", "The chat did not load. Try again"],
  sv: ["Öppna chatten", "Stäng chatten", "Chatten kunde inte laddas. Försök igen"],
  da: ["Åbn chatten", "Luk chatten", "Chatten kunne ikke indlæses. Prøv igen"],
  nb: ["Åpne chatten", "Lukk chatten", "Chatten kunne ikke lastes. Prøv igjen"],
  nl: ["Chat openen", "Chat sluiten", "De chat is niet geladen. Probeer het opnieuw"],
  pl: ["Otwórz czat", "Zamknij czat", "Nie udało się wczytać czatu. Spróbuj ponownie"],
};
const BUBBLE = "M6 17l-.5 4 4-2.3A9 7.4 0 1 0 6 17z";
const CHEVRON = "M6 9l6 6 6-6";

function start(script: HTMLScriptElement): Api {
  const base = new URL(".", script.src).href;
  const prefix = `straks:${new URL(base).host}`;
  const { lang: wanted, position, color, colour, read } = script.dataset;
  const { email, name, expert, known } = script.dataset;
  const identity: Identity = { email, name, expert, known };
  readAnswers(prefix, read);
  const lang = chooseLanguage([wanted, document.documentElement.lang, ...navigator.languages]);
  const locale = chooseLocale(lang, navigator.languages);
  const [openLabel, closeLabel, failLabel] = LABELS[lang];

  const host = document.createElement("straks-chat");
  host.id = "straks";
  host.lang = lang;
  host.dataset["side"] = position === "left" ? "left" : "right";
  const root = host.attachShadow({ mode: "open" });
  paint(host, colour ?? color);

  const style = (text: string) => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } catch {
      const element = document.createElement("style");
      element.nonce = script.nonce;
      element.textContent = text;
      root.append(element);
    }
  };
  style(css);

  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-haspopup", "dialog");
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.setAttribute("aria-hidden", "true");
  launcher.append(icon(BUBBLE, "bubble"), icon(CHEVRON, "chevron"), badge);
  root.append(launcher);

  const mark = (unread: number, open: boolean) => {
    const label = open ? closeLabel : openLabel;
    launcher.setAttribute("aria-label", unread ? `${label} (${unread})` : label);
    launcher.setAttribute("aria-expanded", String(open));
    badge.textContent = unread ? (unread > 99 ? "99+" : String(unread)) : "";
  };
  mark(0, false);

  const shell: Shell = { base, prefix, lang, locale, identity, host, root, launcher, style, mark };
  let widget: Widget | undefined;
  let loading: Promise<Widget> | undefined;
  let module: Promise<WidgetModule> | undefined;
  let failures = 0;
  let destroyed = false;

  const preload = () => {
    // A browser remembers that a module failed to load: ask by another name.
    const again = failures ? `?${failures}` : "";
    module ??= import(/* @vite-ignore */ base + __WIDGET_MAIN__ + again);
    return module;
  };
  const failed = () => {
    failures += 1;
    module = undefined;
    loading = undefined;
  };
  const load = () => {
    loading ??= preload().then(async ({ mount }) => {
      widget = await mount(shell);
      if (destroyed) widget.destroy();
      return widget;
    });
    return loading;
  };
  const act = (verb: "open" | "close" | "toggle") => {
    if (widget) return widget[verb]();
    launcher.setAttribute("aria-busy", "true");
    load()
      .then(
        (ready) => ready[verb](),
        () => {
          failed();
          launcher.setAttribute("aria-label", failLabel);
        },
      )
      .finally(() => {
        launcher.removeAttribute("aria-busy");
      });
  };
  const warm = () => void preload().catch(failed);
  launcher.addEventListener("pointerenter", warm, { once: true });
  launcher.addEventListener("focus", warm, { once: true });
  launcher.addEventListener("click", () => act("toggle"));

  // Sites that change pages without loading them may throw our element out with the old page.
  const place = () => {
    if (destroyed || !document.body) return;
    if (!host.isConnected) document.body.append(host);
    observer.observe(document.body, { childList: true });
  };
  const observer = new MutationObserver(place);
  const attach = () => {
    observer.observe(document.documentElement, { childList: true });
    place();
  };
  if (document.body) attach();
  else addEventListener("DOMContentLoaded", attach, { once: true });

  if (hasConversation(prefix)) load().catch(failed);

  return {
    open: () => act("open"),
    close: () => widget?.close(),
    toggle: () => act("toggle"),
    identify(who) {
      Object.assign(identity, who);
      widget?.identify();
    },
    destroy() {
      destroyed = true;
      observer.disconnect();
      widget?.destroy();
      host.remove();
      delete window.Straks;
    },
  };
}

/** Looks without leaving anything. */
function hasConversation(prefix: string): boolean {
  try {
    return localStorage.getItem(`${prefix}:conversation`) !== null;
  } catch {
    return false;
  }
}

function icon(path: string, name: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** The site's own colour, with black or white on it, whichever reads better. */
function paint(host: HTMLElement, colour: string | undefined): void {
  const hex = /^#([\da-f]{6})$/i.exec(colour?.trim() ?? "")?.[1];
  if (!hex) return;
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const dark = 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.179;
  const set = (names: string, value: string) => {
    for (const name of names.split(" ")) host.style.setProperty(`--${name}`, value);
  };
  // What is set on the host itself goes before what tokens.css says of it.
  set("brand accent accent-hover bubble-own", `#${hex}`);
  set("on-brand on-accent on-bubble-own", dark ? "#fff" : "#111");
}

const script =
  document.currentScript ?? document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]');
if (!window.Straks && script instanceof HTMLScriptElement && script.src) {
  window.Straks = start(script);
}
