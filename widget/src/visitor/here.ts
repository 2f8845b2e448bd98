/** What is told of the page that the visitor is on. */

import { plainTitle } from "./title.ts";

/** What the server takes as a page: nothing of a file, of a frame that has no address. */
export function pageHere() {
  if (!/^https?:/.test(location.href)) return {};
  const title = [...plainTitle().replace(/\p{Cc}+/gu, " ")].slice(0, 300).join("").trim();
  return { page: { url: location.href.slice(0, 2000), ...(title && { title }) } };
}
