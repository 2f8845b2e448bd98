/** What the widget looks like. */

import tokens from "../ui/tokens.css?inline";
import primitives from "../ui/ui.css?inline";
import widget from "./widget.css?inline";

/** The style sheets, side by side: what packs the bundle finds likeness 32 KiB back at most. */
export const SHEETS = [tokens, primitives, widget];
