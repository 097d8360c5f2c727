import { isS3Url, parseS3Url } from '../contract/connections.ts';
import { ApiError, type ErrorCode, errors } from '../contract/errors.ts';
import { findMisspelling, valueAt } from '../contract/faults/sent-instead.ts';
import { hideQueries } from '../contract/hide-queries.ts';
import type { RequestProblem } from '../contract/validate.ts';
import type { Rejection } from '../ffmpeg/index.ts';
import type { NamedSource } from '../jobs/sources.ts';
import { keyProblem } from '../storage/keys.ts';

const MAX_PROBLEMS = 50;
const SOURCE_REMEDY = 'Use a public https:// or http:// URL, or upload the file and use its gs:// URL';

export interface RequestPosition {
  position: RequestProblem['position'];
  field: string;
}

/**
 * Maps a field of the request to its position in the client's input. `offset` is the number of characters before the problem in the text of
 * the field.
 */
export type Locate = (field: string, offset: number | null) => RequestPosition;

/** Locates a field in a plain request, in which the field has the same name. */
export const locateInRequest: Locate = (field, offset) => ({ position: positionOf(field, offset), field });

/** Describes a rejection by its position in the client's input. The description may quote the client's text, without queries of URLs. */
export function rejectionProblem(one: Rejection, sent: unknown, locate: Locate): RequestProblem {
  const rejection = misnamedArgument(one, sent) ?? one;
  return {
    ...locate(rejection.field, rejection.offset ?? null),
    option: hideQueries(rejection.option),
    message: hideQueries(rejection.reason),
    suggestion: hideQueries(rejection.suggestion),
  };
}

/** Returns the 422 error for the first problem. `all` lists the first 50 problems. */
export function rejectionError(
  code: 'option_refused' | 'command_refused',
  problems: readonly RequestProblem[],
): ApiError {
  const all = problems.slice(0, MAX_PROBLEMS).map(({ message, ...rest }) => hideQueries({ ...rest, reason: message }));
  return new ApiError(code, { ...all[0], all });
}

/**
 * Returns why the URL of a source may not be fetched. Returns null if it may be fetched, or if the source is an upload or an object in
 * Airlock's storage.
 */
export function rejectedUrl(
  check: (url: string) => { ok: boolean; reason?: string },
  { url, upload }: NamedSource,
): string | null {
  if (upload || url.startsWith('gs://')) return null;
  if (isS3Url(url)) return s3UrlFault(url);
  const verdict = check(url);
  return verdict.ok ? null : (verdict.reason ?? 'is not allowed');
}

function s3UrlFault(url: string): string | null {
  const object = parseS3Url(url);
  return object ? keyProblem(object.key) : 'is not the URL of an object: s3://CONNECTION/KEY';
}

export function sourceError({ field }: NamedSource, reason: string, locate: Locate): ApiError {
  const named = locate(field, null);
  return new ApiError('source_refused', {
    ...(locate === locateInRequest ? { field } : named),
    reason,
    remedy: SOURCE_REMEDY,
  });
}

/** Returns the problem of a source that a create would reject, for the result of a dry run. */
export function sourceProblem(
  source: NamedSource,
  why: { reason: string } | { code: ErrorCode },
  locate: Locate,
): RequestProblem {
  const text =
    'code' in why
      ? { message: `${errors[why.code].text}.`, suggestion: errors[why.code].advice }
      : { message: why.reason, suggestion: `${SOURCE_REMEDY}.` };
  return { ...locate(source.field, null), option: '', ...text };
}

/** Returns the problem of an option whose argument was sent under another name, such as `value`. Returns null for all other rejections. */
function misnamedArgument(rejection: Rejection, sent: unknown): Rejection | null {
  if (!/(?:^|\.)options\[\d+\]$/.test(rejection.field)) return null;
  const option = valueAt(sent, partsOf(rejection.field));
  if ((option as { argument?: unknown } | undefined)?.argument != null) return null;
  const near = findMisspelling('argument', option, ['option', 'argument']);
  if (near === null) return null;
  const reason = `The argument is missing, but "${near}" was sent.`;
  return { ...rejection, reason, suggestion: `Rename "${near}" to "argument".` };
}

const partsOf = (field: string): string[] => field.match(/[^.[\]]+/g) ?? [];

/**
 * Converts a field to a JSON pointer (RFC 6901): `inputs[0].options[1]` → `/inputs/0/options/1`. With an offset, points
 * to the text to which the offset applies.
 */
export function positionOf(field: string, offset: number | null): RequestProblem['position'] {
  const parts = partsOf(field).map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
  const inside = /(?:^|\.)filters\[\d+\]$/.test(field)
    ? 'filter'
    : /(?:^|\.)options\[\d+\]$/.test(field)
      ? 'argument'
      : null;
  if (inside === 'filter' || (inside === 'argument' && offset !== null)) parts.push(inside);
  return { pointer: parts.map((part) => `/${part}`).join(''), offset };
}
