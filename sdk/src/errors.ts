import type { AnyJob, Job } from './types.ts';

export interface ErrorFacts {
  message: string;
  code: string;
  status?: number | null;
  details?: unknown;
  requestId?: string | null;
  retryAfterSeconds?: number | null;
  docs?: string | null;
}

/**
 * A request that failed. It never contains the key, a signed URL, or headers of the request, so it can be logged.
 * In addition to the codes of the server (docs/errors.md), `code` is `unreachable` without a response, `upload_failed` or
 * `download_failed` when the storage rejected, and `unexpected_response` when something other than Airlock answered.
 */
export class AirlockError extends Error {
  override readonly name: string = 'AirlockError';
  /** A stable code for programs. */
  readonly code: string;
  /** HTTP status; null without a response. */
  readonly status: number | null;
  /** What the server says about the error, such as `field`, `reason` and `remedy`. */
  readonly details: unknown;
  /** Identifies the request in the log of the server. */
  readonly requestId: string | null;
  /** Seconds that the server asks to wait before the next attempt. */
  readonly retryAfterSeconds: number | null;
  /** URL of the code in the documentation of the server; null for errors that are not its own. */
  readonly docs: string | null;

  constructor(facts: ErrorFacts) {
    super(facts.message);
    this.code = facts.code;
    this.status = facts.status ?? null;
    this.details = facts.details ?? null;
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.docs = facts.docs ?? null;
  }
}

/** A job that failed or was canceled. `code` is its `error_code` (docs/failures.md), or `canceled`. */
export class JobError<Failed extends AnyJob = Job> extends AirlockError {
  override readonly name = 'JobError';
  readonly job: Failed;

  constructor(job: Failed) {
    const reason = job.error_message ?? `The job was ${job.status}.`;
    super({
      message: [reason, job.error_advice].filter(Boolean).join(' '),
      code: job.error_code ?? job.status,
      details: { job_id: job.id, advice: job.error_advice },
    });
    this.job = job;
  }
}

/** Reads an error response of the server at `base`. The body of one that is not Airlock's is not repeated: a proxy may show anything there. */
export async function errorOf(response: Response, base: string): Promise<AirlockError> {
  const { status, headers } = response;
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const common = {
    status,
    requestId: headers.get('x-request-id'),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
  };
  const body = parse(await response.text().catch(() => ''));
  if (body) {
    const { code, error, message = error, details } = body;
    return new AirlockError({ ...common, code, message, details, docs: docsUrl(body.docs, base) });
  }
  // Status 0: a browser hides redirects.
  const what = status === 0 || (status >= 300 && status < 400) ? 'a redirect' : `${status}, not as Airlock does`;
  return new AirlockError({
    ...common,
    code: 'unexpected_response',
    message: `The server returned ${what}. Check the URL of the server.`,
  });
}

/** Reads an error response of the storage, which is XML. `url`, being signed, is not part of it. */
export async function storageErrorOf(
  code: 'upload_failed' | 'download_failed',
  response: Response,
): Promise<AirlockError> {
  const text = await response.text().catch(() => '');
  const read = (tag: string) => new RegExp(`<${tag}>([^<]{1,500})</${tag}>`).exec(text)?.[1];
  return new AirlockError({
    code,
    message: read('Message') ?? `The storage returned ${response.status}.`,
    status: response.status,
    details: { storage_code: read('Code') ?? null },
    requestId: response.headers.get('x-request-id'),
  });
}

interface ErrorBody {
  error: string;
  code: string;
  message?: string;
  details?: unknown;
  docs?: unknown;
}

/** Takes nothing but a web address: programs show it as a link. */
function docsUrl(docs: unknown, base: string): string | null {
  if (typeof docs !== 'string') return null;
  const url = docs.startsWith('/') ? base + docs : docs;
  return /^https?:\/\//.test(url) ? url : null;
}

function parse(text: string): ErrorBody | null {
  try {
    const body = JSON.parse(text) as ErrorBody;
    return typeof body?.code === 'string' && typeof body.error === 'string' ? body : null;
  } catch {
    return null;
  }
}
