import { nearestName } from '../contract/faults/near-name.ts';

/** Maximum length in characters of a path for which similar paths are searched. */
const MAX_PATH = 200;
/** Maximum number of segments of such a path. */
const MAX_PARTS = 8;

/**
 * Returns the known path that was probably meant, with the ids that were sent: `/v1/transcodes` for `/v1/transcode` or `/transcodes`.
 * Returns null if there is none. `known` contains patterns such as `/v1/transcodes/:id`.
 */
export function nearPathOf(sent: string, known: readonly string[]): string | null {
  if (sent.length > MAX_PATH || !/^[\w/.~-]*$/.test(sent)) return null;
  const parts = sent.split('/').slice(1);
  if (parts.length > MAX_PARTS) return null;
  const candidates = known.filter((path) => path.startsWith('/v1/') && !path.includes('*'));
  for (const wanted of [parts, ['v1', ...parts]]) {
    const near = nearest(wanted, candidates);
    if (near !== null) return near;
  }
  return null;
}

function nearest(parts: readonly string[], known: readonly string[]): string | null {
  const ofLength = known.map((path) => path.split('/').slice(1)).filter(({ length }) => length === parts.length);
  let left = ofLength;
  const found: string[] = [];
  for (const [index, part] of parts.entries()) {
    const names = left.map((path) => path[index]!).filter((name) => !name.startsWith(':'));
    const name = names.includes(part) ? part : nearestName(part, new Set(names));
    const fits = left.filter((path) => path[index] === name);
    left = fits.length > 0 ? fits : left.filter((path) => path[index]!.startsWith(':'));
    found.push(fits.length > 0 ? name! : part);
    if (left.length === 0) return null;
  }
  return `/${found.join('/')}`;
}
