/** Filters whose output picture depends on a single picture of their input. */
const TIMELESS: ReadonlySet<string> = new Set(
  (
    'scale format setparams setsar setdar crop pad hflip vflip transpose null negate eq hue curves colorbalance colorchannelmixer ' +
    'colorlevels colortemperature vibrance exposure unsharp gblur boxblur avgblur drawbox drawgrid vignette'
  ).split(' '),
);
/** Filters of the planner's own chains, whose arguments never refer to the time. */
const OWN: ReadonlySet<string> = new Set([...TIMELESS, 'zscale', 'tonemap', 'sidedata']);
/** Names by which expressions and options refer to the time or the number of a frame. */
const CLOCK = /(^|[^\w.])(t|n|pos|pts|enable)($|[^\w.])/i;

const QUOTED = /['"\\[\];]/;
export const NOT_APPLICABLE = 'The filters cannot be applied to pieces.';

/** Returns why a simple chain of filters from the planner cannot be applied to pieces; null if it can. */
export function filtersFault(chain: string | null): string | null {
  if (chain === null) return null;
  // Quotes, escapes, labels and several chains are rare, and hard to classify.
  if (QUOTED.test(chain)) return NOT_APPLICABLE;
  for (const filter of chain.split(',')) {
    const [name = '', ...values] = filter.split('=');
    if (!TIMELESS.has(name)) return mayDepend(name);
    if (CLOCK.test(values.join('='))) return `The filter ${name} depends on the time.`;
  }
  return null;
}

/** Like `filtersFault`, for a chain that contains no text of a caller. */
export function ladderFilterFault(chain: string): string | null {
  if (QUOTED.test(chain)) return NOT_APPLICABLE;
  const names = chain.split(',').map((filter) => filter.split('=')[0]!);
  const odd = names.find((name) => !OWN.has(name));
  return odd === undefined ? null : mayDepend(odd);
}

function mayDepend(name: string): string {
  return `The filter ${name.slice(0, 32)} may depend on earlier pictures or on the time.`;
}
