import { type ApiError, type ErrorCode, type ErrorDetails, errors } from './errors.ts';

/** The body of every error response. */
export interface ErrorBody {
  error: string;
  message: string;
  code: ErrorCode;
  details: ErrorDetails;
  docs: string;
}

/** Creates the body of an error response. `publicUrl` is the URL of the server. If it is null, `docs` is a path. */
export function toErrorBody({ code, message: error, details }: ApiError, publicUrl: string | null = null): ErrorBody {
  return { error, message: errorMessage(code, error, details), code, details, docs: docsOf(code, publicUrl) };
}

/** Returns the address in the documentation that explains an error. */
export function docsOf(code: ErrorCode, publicUrl: string | null = null): string {
  return `${(publicUrl ?? '').replace(/\/+$/, '')}/docs/errors#${code}`;
}

/** Maximum length of `message` in characters. The length is limited, because reasons may quote the client's text. */
const MAX_MESSAGE = 1000;

/**
 * Builds the `message` of an error response: one sentence with field, reason and remedy, which `details` may also contain. `text` is the
 * `error` of the response.
 */
export function errorMessage(code: ErrorCode, text: string, details: ErrorDetails): string {
  const kind: { heading?: string; advice: string } = errors[code];
  const record = details ?? {};
  const field = [nonEmpty(record.field), nonEmpty(record.option)].filter(Boolean).join(' ');
  const reason = nonEmpty(record.reason) ?? REASONS[code]?.(record) ?? '';
  const remedy = nonEmpty(record.remedy) ?? nonEmpty(record.suggestion) ?? kind.advice;
  const why = [field, clause(reason)].filter(Boolean).join(': ');
  const parts = [heading(kind.heading ?? text), why].filter(Boolean).join(': ');
  const sentence = `${parts}; ${lowerFirst(clause(remedy))}`;
  return `${sentence.length < MAX_MESSAGE ? sentence : `${sentence.slice(0, MAX_MESSAGE - 2)}…`}.`;
}

/** Reasons for errors whose details contain only numbers and names. */
const REASONS: Partial<Record<ErrorCode, (details: Record<string, unknown>) => string>> = {
  forbidden: ({ scope }) => (scope ? `this needs a key with the scope ${scope}` : ''),
  quota_exceeded: ({ metric, required, limit, remaining }) =>
    `${metric}: ${required} required, ${remaining} of ${limit} left`,
  queue_full: ({ waiting, limit }) => `${waiting} jobs are waiting, and ${limit} are allowed`,
  rate_limit_exceeded: ({ limit, retry_after_seconds: seconds }) =>
    limit === undefined ? '' : `${limit} requests per minute are allowed, and the next one is allowed in ${seconds} s`,
  concurrency_exceeded: ({ limit }) => `at most ${limit} requests may be open concurrently`,
  upload_size_mismatch: ({ confirmed, declared }) => `${confirmed} was confirmed, ${declared} was declared`,
};

function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * Returns the beginning of a message, such as `Rate limit exceeded` for `rate_limit_exceeded`, without a period that would end the sentence
 * early.
 */
function heading(text: string): string {
  const words = /^[a-z_]+$/.test(text) ? text.replaceAll('_', ' ') : text;
  return words.charAt(0).toUpperCase() + clause(words).slice(1);
}

/** Joins the sentences of a text into clauses of one sentence. */
function clause(text: string): string {
  const [first = '', ...more] = text
    .trim()
    .replace(/\.+$/, '')
    .split(/\.\s+(?=[A-Z])/);
  return [first, ...more.map(lowerFirst)].join('; ');
}

/** Converts the first letter to lower case, unless the first word is a name or an abbreviation. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]*\b/.test(text) && !/^(?:Idempotency|Authorization|DELETE)/.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}
