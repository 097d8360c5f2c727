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
 * A request that failed. The error never contains the key, a signed URL, or headers of the request, so you can log it. In addition to the
 * codes of the server (docs/errors.md), `code` can be `unreachable` if there was no response, `upload_failed` or `download_failed` if the
 * storage rejected the request, and `unexpected_response` if the response did not come from Airlock.
 */
export class AirlockError extends Error {
  override readonly name: string = 'AirlockError';
  /** A stable code for programs. */
  readonly code: string;
  /** HTTP status; null if there was no response. */
  readonly status: number | null;
  /** Details of the error, such as `field`, `reason` and `remedy`. */
  readonly details: unknown;
  /** ID of the request in the log of the server. */
  readonly requestId: string | null;
  /** Seconds to wait before the next attempt, as the server requests; null if the server requests no wait. */
  readonly retryAfterSeconds: number | null;
  /** URL of the code in the server's documentation; null for errors that do not come from the server. */
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

/**
 * Reads an error response of the server at `base`. Does not repeat a body that does not come from Airlock, because a proxy may write any
 * text there.
 */
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
  // Browsers hide redirects behind the status 0.
  const what = status === 0 || (status >= 300 && status < 400) ? 'a redirect' : `${status}, not as Airlock does`;
  return new AirlockError({
    ...common,
    code: 'unexpected_response',
    message: `The server returned ${what}. Check the URL of the server.`,
  });
}

/** Reads an error response of the storage, which is XML. The error does not contain the URL of the request, because this URL is signed. */
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

/** Returns a URL for the web, or null for any other address, because programs show it as a link. */
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
