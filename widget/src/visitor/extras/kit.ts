/** What the extras use of the widget. They may not import it: that could fetch a second one. */

import type { KIT } from "../components/kit.ts";

type Kit = typeof KIT;

export let Button: Kit["Button"];
export let DraftField: Kit["DraftField"];
export let Fragment: Kit["Fragment"];
export let Glyph: Kit["Glyph"];
export let SafeHtml: Kit["SafeHtml"];
export let TooLong: Kit["TooLong"];
export let check: Kit["check"];
export let fill: Kit["fill"];
export let h: Kit["h"];
export let isEmail: Kit["isEmail"];
export let overBy: Kit["overBy"];
export let useLayoutEffect: Kit["useLayoutEffect"];
export let useRef: Kit["useRef"];
export let useState: Kit["useState"];
export let useWidget: Kit["useWidget"];

/** Call it before anything of the extras is drawn; throws when that is not to be. */
export function equip(kit: Kit): void {
  ({
    Button,
    DraftField,
    Fragment,
    Glyph,
    SafeHtml,
    TooLong,
    check,
    fill,
    h,
    isEmail,
    overBy,
    useLayoutEffect,
    useRef,
    useState,
    useWidget,
  } = kit);
  // A page that is older than what the server has now may not have all that these extras need.
  const all = [Button, DraftField, Fragment, Glyph, SafeHtml, TooLong, check, fill, h, isEmail];
  const hooks = [overBy, useLayoutEffect, useRef, useState, useWidget];
  if ([...all, ...hooks].includes(undefined as never)) throw new Error("the widget is too old");
}
