/** What the page says it knows of the visitor, checked as the server checks it. */

import type { Facts } from "../protocol/index.ts";

/** As the page gave it: anything at all. */
export interface Identity {
  email?: unknown;
  name?: unknown;
  expert?: unknown;
  known?: unknown;
}

/** What is told to the server, with the next message. */
export interface Told {
  readonly known?: Facts;
  readonly expert?: boolean;
}

const MOST = 20;
/** Of values and of attributes, which may stand without a value. */
const FLAGS = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  ["", true],
  [false, false],
  ["false", false],
]);

/** Whether `text` may be an e-mail address; the mail server has the last word. */
export function isEmail(text: string): boolean {
  return /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/.test(text) && text.length <= 254;
}

/** Take what is right; `wrong` hears what is not, and why. */
export function readIdentity(
  { email, name, expert, known }: Identity,
  wrong: (what: string) => void,
): Told {
  // First what matters most, should it be too much; what is said by itself counts.
  const said = { email, name, ...membersOf(known, wrong) };
  if (email) said.email = email;
  if (name) said.name = name;
  const facts: Record<string, string> = {};
  for (const [fact, value] of Object.entries(said)) {
    // An attribute or a variable that happens to be empty says nothing.
    if (value === undefined || value === null || value === "") continue;
    const fault = Object.keys(facts).length < MOST ? faultIn(fact, value) : `${MOST} are most`;
    if (fault) wrong(`${fact}: ${fault}`);
    else facts[fact] = `${value}`.trim();
  }
  const flag = FLAGS.get(expert);
  if (flag === undefined && expert) wrong("expert: neither true nor false");
  return {
    ...(Object.keys(facts).length > 0 && { known: facts }),
    ...(flag !== undefined && { expert: flag }),
  };
}

function faultIn(fact: string, value: unknown): string | false {
  const text = typeof value === "number" ? `${value}` : value;
  const most = fact === "name" ? 100 : 300;
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(fact)) return "names are of a-z, 0-9 and _";
  if (typeof text !== "string" || !text.trim() || /\p{Cc}/u.test(text) || [...text].length > most)
    return `must be one line of ${most} at most`;
  return fact === "email" && !isEmail(text.trim()) && "no e-mail address";
}

function membersOf(known: unknown, wrong: (what: string) => void): Record<string, unknown> {
  let object = known || {};
  try {
    if (typeof known === "string") object = JSON.parse(known || "{}") ?? {};
  } catch {
    // It is a text, then, which is as wrong.
  }
  if (typeof object === "object" && !Array.isArray(object)) return { ...object };
  wrong("known: no object");
  return {};
}
