/** What the extras are made with: they are fetched apart, and bring nothing of this along. */

import { Fragment, h } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { check } from "../../ui/paths.ts";
import { SafeHtml } from "../../ui/text.tsx";
import { useWidget } from "../context.ts";
import type { Extras, ExtrasModule } from "../extras/extras.tsx";
import { isEmail } from "../identity.ts";
import { part } from "../parts.ts";
import type { Shell } from "../shell.ts";
import { fill } from "../texts/texts.ts";
import { DraftField, overBy, TooLong } from "./draft.tsx";

export const KIT = {
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
};

/** How one widget gets the extras: at most once, if all goes well. */
export function fetchExtras({ style }: Pick<Shell, "style">): () => Promise<Extras> {
  let coming: Promise<Extras> | undefined;
  const fetch = async () => {
    try {
      const module = await part<ExtrasModule>("extras");
      module.equip(KIT);
      style(module.css);
      return module;
    } catch (error) {
      coming = undefined;
      throw error;
    }
  };
  return () => {
    coming ??= fetch();
    return coming;
  };
}
