/** Line icons by name. */

import { Glyph } from "./glyph.tsx";
import * as all from "./paths.ts";

const paths: Readonly<Record<keyof typeof all, string>> = /* @__PURE__ */ Object.assign({}, all);

export type IconName = keyof typeof all;

export function Icon({ name }: { name: IconName }) {
  return <Glyph path={paths[name]} />;
}
