/** An error response of the API. Its message is the sentence that the API wrote for people. */
export class Problem extends Error {
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds after which the request may be repeated; null if the response does not contain them. */
  readonly retryAfter: number | null;
  /** Path of the page that explains the code; null if the response names no page. */
  readonly docs: string | null;

  constructor(status: number, body: unknown, retryAfter: number | null = null) {
    const { message, error, code, details, docs } = (body ?? {}) as Record<string, unknown>;
    super(String(message ?? error ?? 'The server gave no reason.'));
    this.name = 'Problem';
    this.status = status;
    this.code = typeof code === 'string' ? code : 'unknown';
    this.details = typeof details === 'object' && details !== null ? (details as Record<string, unknown>) : {};
    this.retryAfter = retryAfter;
    // Uses the documentation of the server that this page comes from, even if the server has another name in the response.
    const page = typeof docs === 'string' ? docs.indexOf('/docs/') : -1;
    this.docs = page === -1 ? null : String(docs).slice(page);
  }
}

export function unreachable(): Problem {
  return new Problem(0, {
    code: 'unreachable',
    message: 'The server cannot be reached. Check your connection, then try again.',
  });
}

/** The texts of an error that a page shows. */
export interface Shown {
  readonly message: string;
  readonly docs?: string | null;
}

export function shownOf(error: unknown): Shown {
  return error instanceof Problem ? error : { message: messageOf(error) };
}

/** Returns the message to show for a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something failed. Reload the page and try again.';
}
