/** Who is signed in, and what happens when they no longer are. */

import { signal } from "@preact/signals";
import { RefusedError } from "../protocol/index.ts";
import { type Agent, type Api, ApiError, type SessionReply } from "./api.ts";
import { t } from "./texts.ts";

/**
 * `starting`: not known yet; `out`: the sign-in page; `in`; `ended`: was signed in, and signs in
 * again over the open console.
 */
export type Presence = "starting" | "out" | "in" | "ended";

/** What to tell about a refused sign-in. */
export function explain(error: unknown, link = false): string {
  if (!(error instanceof ApiError)) return t.serverTrouble;
  if (error.status === 0) return t.noServer;
  if (error.status === 429) return t.tooMany(Math.max(1, Math.ceil(error.retryAfter ?? 60)));
  if (error.status === 401) return link ? t.linkUsed : t.wrongCredentials;
  return error.status < 500 && error.message ? error.message : t.serverTrouble;
}

export class Session {
  readonly presence = signal<Presence>("starting");
  readonly agent = signal<Agent | null>(null);
  /** Why the sign-in page is shown, where there is something to say. */
  readonly notice = signal("");
  private token: { readonly text: string; readonly until: number } | null = null;

  constructor(
    private readonly api: Pick<Api, "signIn" | "session" | "signOut">,
    private readonly now: () => number = Date.now,
  ) {}

  /** With the link of the address, if it has one, else with the cookie of an earlier time. */
  async start(link: string | null): Promise<void> {
    try {
      this.take(link ? await this.api.signIn({ link }) : await this.api.session());
    } catch (error) {
      if (link && (await this.resume())) return;
      if (link) this.notice.value = explain(error, true);
      else if (!(error instanceof ApiError && error.status === 401)) {
        this.notice.value = explain(error);
      }
      this.presence.value = "out";
    }
  }

  /** Raises ApiError when refused. */
  async signIn(email: string, password: string): Promise<void> {
    this.take(await this.api.signIn({ email, password }));
  }

  async signOut(): Promise<void> {
    // Whatever the server says, this page forgets who it was.
    await this.api.signOut().catch(() => undefined);
    this.forget("out");
  }

  /** The server no longer knows us. */
  end(): void {
    if (this.presence.value === "in") this.forget("ended");
  }

  /** Somebody else wants to sign in. */
  leave(): void {
    this.forget("out");
  }

  /** What the socket says hello with; each is used once, a later hello gets a fresh one. */
  async socketToken(): Promise<string> {
    const kept = this.token;
    this.token = null;
    if (kept && kept.until > this.now()) return kept.text;
    try {
      const { agent, token } = await this.api.session();
      // Another tab signed somebody else in: what Anna wrote is not to be said by Bo.
      if (agent.id !== this.agent.value?.id) throw new RefusedError("signed_out");
      return token;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw new RefusedError("signed_out");
      throw error;
    }
  }

  private async resume(): Promise<boolean> {
    try {
      this.take(await this.api.session());
      return true;
    } catch {
      return false;
    }
  }

  private take(reply: SessionReply): void {
    // A minute of slack for clocks and slow networks.
    const until = this.now() + Math.max(0, reply.token_expires_in - 60) * 1000;
    this.token = { text: reply.token, until };
    this.notice.value = "";
    this.agent.value = reply.agent;
    this.presence.value = "in";
  }

  private forget(presence: "out" | "ended"): void {
    this.token = null;
    if (presence === "out") this.agent.value = null;
    this.presence.value = presence;
  }
}

/** Take `#link=…` out of the address, so that it is in no history and no screenshot. */
export function linkFromAddress(): string | null {
  const match = /^#link=(.+)$/.exec(location.hash);
  if (!match?.[1]) return null;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}
