/** What the server says about the site that it serves. */

export interface Site {
  readonly name: string;
  /** At least one agent is connected. */
  readonly available: boolean;
}

/** Ask the server; undefined when it cannot be asked. */
export async function fetchSite(base: string): Promise<Site | undefined> {
  try {
    const reply = await fetch(new URL("v1/site", base), { credentials: "omit", cache: "no-store" });
    if (!reply.ok) return undefined;
    const { name, available } = (await reply.json()) as Partial<Site>;
    return { name: String(name ?? ""), available: available === true };
  } catch {
    return undefined;
  }
}
