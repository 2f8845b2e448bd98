/** What the server says about the site that it serves. */

export interface Site {
  readonly name: string;
  /** At least one agent is connected. */
  readonly available: boolean;
  /** Where its answers are pages of their own; empty when they are not. */
  readonly help: string;
}

/** Ask the server; undefined when it cannot be asked. */
export async function fetchSite(base: string): Promise<Site | undefined> {
  try {
    const reply = await fetch(new URL("v1/site", base), { credentials: "omit", cache: "no-store" });
    if (!reply.ok) return undefined;
    const { name, available, help } = (await reply.json()) as Record<string, unknown>;
    return {
      name: String(name ?? ""),
      available: available === true,
      help: help ? `${base}help/` : "",
    };
  } catch {
    return undefined;
  }
}
