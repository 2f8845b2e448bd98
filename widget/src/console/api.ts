/** The HTTP beside the socket (PROTOCOL.md §9). */

import type { Position } from "../protocol/index.ts";
import type { Summary, Tab } from "./summary.ts";

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface SessionReply {
  readonly agent: Agent;
  readonly token: string;
  /** Seconds. */
  readonly token_expires_in: number;
}

export type Counts = Readonly<Record<Tab, number>>;

export interface InboxPage {
  readonly conversations: readonly Summary[];
  readonly cursor?: string | undefined;
  readonly position: Position;
  readonly counts: Counts;
}

export interface CannedReply {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly lang?: string;
  readonly tags?: readonly string[];
}

/** One file of the answers, in the list (§9, `GET /v1/answers/files`). */
export interface AnswerFile {
  readonly file: string;
  readonly id: string;
  readonly lang: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly origin: "folder" | "console";
  readonly author?: string;
  /** Days: `2026-12-01`. */
  readonly confirmed?: string;
  readonly valid_until?: string;
  readonly helped: number;
  readonly unhelpful: number;
  readonly given: number;
}

export interface BrokenFile {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface AnswerFiles {
  readonly files: readonly AnswerFile[];
  readonly errors: readonly BrokenFile[];
}

/** Whatever the server tells versions of a file by. */
export type Version = string | number;

export interface AnswerSource {
  readonly file: string;
  readonly source: string;
  readonly origin: "folder" | "console";
  readonly version: Version;
}

/** A question that would be answered otherwise; null: not at all. */
export interface Difference {
  readonly text: string;
  readonly lang?: string;
  readonly times: number;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Trial {
  readonly tried: number;
  readonly changes: readonly Difference[];
}

/** Questions that are alike, and that nobody was helped with. */
export interface QuestionGroup {
  readonly text: string;
  readonly lang?: string;
  readonly people: number;
  readonly minutes: number;
  readonly times: number;
  readonly reasons: { readonly unanswered: number; readonly unhelpful: number };
  readonly examples: readonly {
    readonly conversation: string;
    readonly offset: number;
    readonly text: string;
  }[];
  /** The one that did not help. */
  readonly answer?: string;
}

export interface Questions {
  readonly groups: readonly QuestionGroup[];
  readonly asked: number;
  readonly answered: number;
  readonly helped: number;
  readonly asked_twice: Readonly<Record<string, number>>;
}

/** A refused request, or with `status` 0 one that never got an answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds. */
    readonly retryAfter?: number,
    /** Of a source that cannot be used. */
    readonly line?: number,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  let body: { code?: string; message?: string; retry_after?: number; line?: number } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy in between answered: its page says nothing to us.
  }
  const header = Number(response.headers.get("Retry-After")) || undefined;
  return new ApiError(
    response.status,
    body.code ?? "internal",
    body.message ?? response.statusText,
    body.retry_after ?? header,
    body.line,
  );
}

export class Api {
  /** `signedOut` hears of every 401 of somebody who was signed in. */
  constructor(private readonly signedOut: () => void = () => {}) {}

  signIn(credentials: { email: string; password: string } | { link: string }) {
    return this.call<SessionReply>("POST", "/v1/session", credentials);
  }

  session(): Promise<SessionReply> {
    return this.call<SessionReply>("GET", "/v1/session");
  }

  signOut(): Promise<void> {
    return this.call<void>("DELETE", "/v1/session");
  }

  inbox(state: Tab, cursor?: string, limit = 50): Promise<InboxPage> {
    const query = new URLSearchParams({ state, limit: String(limit) });
    if (cursor) query.set("cursor", cursor);
    return this.call<InboxPage>("GET", `/v1/inbox/default?${query}`);
  }

  conversation(id: string): Promise<Summary> {
    return this.call<Summary>("GET", `/v1/conversation/${encodeURIComponent(id)}`);
  }

  async canned(lang?: string): Promise<readonly CannedReply[]> {
    const query = lang ? `?${new URLSearchParams({ lang })}` : "";
    return (await this.call<{ answers: CannedReply[] }>("GET", `/v1/answers${query}`)).answers;
  }

  answerFiles(): Promise<AnswerFiles> {
    return this.call<AnswerFiles>("GET", "/v1/answers/files");
  }

  answerFile(file: string): Promise<AnswerSource> {
    return this.call<AnswerSource>("GET", `/v1/answers/file?${new URLSearchParams({ file })}`);
  }

  /** Without a `version` the file must be new. */
  saveAnswer(file: string, source: string, version?: Version): Promise<AnswerSource> {
    const query = new URLSearchParams({ file });
    return this.call<AnswerSource>("PUT", `/v1/answers/file?${query}`, { source, version });
  }

  removeAnswer(file: string, version: Version): Promise<void> {
    const query = new URLSearchParams({ file, version: `${version}` });
    return this.call<void>("DELETE", `/v1/answers/file?${query}`);
  }

  tryAnswer(file: string, source: string): Promise<Trial> {
    return this.call<Trial>("POST", "/v1/answers/try", { file, source });
  }

  questions(days: number): Promise<Questions> {
    return this.call<Questions>("GET", `/v1/questions?${new URLSearchParams({ days: `${days}` })}`);
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const request: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
    if (body !== undefined) {
      request.headers = { "Content-Type": "application/json" };
      request.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await fetch(path, request);
    } catch {
      throw new ApiError(0, "unreachable", "the server does not answer");
    }
    if (!response.ok) {
      const error = await refusal(response);
      if (error.status === 401 && error.code !== "bad_credentials") this.signedOut();
      throw error;
    }
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}
