import { ApiError } from '../contract/errors.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import type { RequestProblem } from '../contract/validate.ts';
import type { RequestedAsset } from '../domain/transcodes/accept.ts';
import { hideQueries } from '../domain/transcodes/hide-queries.ts';
import type { Judgement, Refusal } from '../media/index.ts';
import type { ApiDeps } from './deps.ts';
import { sentInstead, valueAt } from './shape-errors.ts';

const MAX_PROBLEMS = 50;
export const SOURCE_REMEDY = 'Use a public https:// or http:// URL, or upload the file and use its gs:// URL';

/** A source that a request names, and where. */
export interface Source {
  url: string;
  field: string;
}

export function inputSources(request: TranscodeRequest): Source[] {
  return request.inputs.map((input, index) => ({ url: input.url, field: `inputs[${index}].url` }));
}

/** Files that filters and overlays name by a URL of their own; those that are job inputs are checked as such. */
export function requestedAssets({ assets }: Pick<Judgement, 'assets'>): RequestedAsset[] {
  return assets.flatMap(({ kind, source, field }, index) =>
    source.type === 'url' ? [{ index, kind, url: source.url, field }] : [],
  );
}

/** Why the URL of a source may not be fetched; null when it may, or when it names an object of ours. */
export function refusedUrl(deps: Pick<ApiDeps, 'checkSourceUrl'>, source: Source): string | null {
  if (source.url.startsWith('gs://')) return null;
  const verdict = deps.checkSourceUrl(source.url);
  return verdict.ok ? null : (verdict.reason ?? 'is not allowed');
}

/** Throws 422 for the first source that may not be fetched. */
export function checkSources(deps: Pick<ApiDeps, 'checkSourceUrl'>, sources: readonly Source[]): void {
  for (const source of sources) {
    const reason = refusedUrl(deps, source);
    if (reason) throw new ApiError('source_refused', { field: source.field, reason, remedy: SOURCE_REMEDY });
  }
}

/** Throws 422 with the first refusal, and all of them with their positions. `sent` is the request as it came. */
export function checkRefusals(refusals: readonly Refusal[], sent?: unknown): void {
  if (refusals.length > 0) refuse('option_refused', problemsOf(refusals, sent));
}

/** Throws a 422 that tells the first problem, and all of them in `all`. */
export function refuse(code: 'option_refused' | 'command_refused', problems: readonly RequestProblem[]): never {
  const all = problems.slice(0, MAX_PROBLEMS).map(({ message, ...rest }) => hideQueries({ ...rest, reason: message }));
  throw new ApiError(code, { ...all[0], all });
}

export function problemsOf(refusals: readonly Refusal[], sent?: unknown): RequestProblem[] {
  return refusals.slice(0, MAX_PROBLEMS).map((one) => {
    const refusal = misnamedArgument(one, sent) ?? one;
    return {
      position: positionOf(refusal.field, refusal.offset ?? null),
      field: refusal.field,
      // The words of a refusal may quote the caller's own text.
      option: hideQueries(refusal.option),
      message: hideQueries(refusal.reason),
      suggestion: hideQueries(refusal.suggestion),
    };
  });
}

/** An option that lacks its argument because that was sent under another name, such as `value`; null for all others. */
function misnamedArgument(refusal: Refusal, sent: unknown): Refusal | null {
  if (!/(?:^|\.)options\[\d+\]$/.test(refusal.field)) return null;
  const option = valueAt(sent, partsOf(refusal.field));
  if ((option as { argument?: unknown } | undefined)?.argument != null) return null;
  const near = sentInstead('argument', option, ['option', 'argument']);
  if (near === null) return null;
  const reason = `The argument is missing, but "${near}" was sent.`;
  return { ...refusal, reason, suggestion: `Rename "${near}" to "argument".` };
}

const partsOf = (field: string): string[] => field.match(/[^.[\]]+/g) ?? [];

/**
 * A field as a JSON pointer (RFC 6901): `inputs[0].options[1]` → `/inputs/0/options/1`. With an offset it leads to the
 * text in which the offset counts.
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
