import { hideQueries } from '../../contract/hide-queries.ts';
import type { NamedSource, RejectedSource, ResolvedSource } from '../../jobs/sources.ts';
import type { StoredRequest } from './request.ts';

/**
 * Returns the fields of a request of which Airlock drops a part when the job ends: URLs with queries, which may contain tokens, and `data:`
 * URLs. Without these parts, the job cannot be created again.
 */
export function droppedFields(
  inputs: readonly NamedSource[],
  found: readonly (ResolvedSource | RejectedSource)[],
  request: StoredRequest,
): string[] {
  const sources = inputs.flatMap(({ field }, index) => (isShortened(found[index]!) ? [field] : []));
  return [...sources, ...hiddenFields(request, '')];
}

/** Whether the URL that clients see lacks a part of the URL that a worker fetches. */
function isShortened(source: ResolvedSource | RejectedSource): boolean {
  if ('code' in source || source.sourceUrl === null || source.sourceUrl === source.shownUrl) return false;
  const url = new URL(source.sourceUrl);
  url.hash = '';
  return url.href !== source.shownUrl;
}

/** Returns the paths of the texts that `hideQueries` changes. */
function hiddenFields(value: unknown, path: string): string[] {
  if (typeof value === 'string') return hideQueries(value) === value ? [] : [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => hiddenFields(item, `${path}[${index}]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => hiddenFields(inner, path === '' ? name : `${path}.${name}`));
}
