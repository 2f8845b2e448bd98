/** Which answers the visitor has read in this tab: help pages, and suggestions they picked. */

const MOST = 20;

/** Their ids, the last ones, with `more` put behind them. */
export function readAnswers(prefix: string, more = ""): string[] {
  const name = `${prefix}:read`;
  let before: unknown;
  try {
    before = JSON.parse(sessionStorage.getItem(name) ?? "");
  } catch {
    // Forbidden, or there is nothing yet.
  }
  const all = new Set(Array.isArray(before) ? before.map(String) : []);
  if (more) all.delete(more);
  const ids = [...all, more].filter((id) => /^\S{1,64}$/.test(id)).slice(-MOST);
  try {
    if (more) sessionStorage.setItem(name, JSON.stringify(ids));
  } catch {
    // Forbidden or full: it is known for now.
  }
  return ids;
}
