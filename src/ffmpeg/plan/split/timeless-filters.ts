/** Filters whose picture depends on one picture of their input alone. */
const TIMELESS: ReadonlySet<string> = new Set(
  (
    'scale format setsar setdar crop pad hflip vflip transpose null negate eq hue curves colorbalance colorchannelmixer ' +
    'colorlevels colortemperature vibrance exposure unsharp gblur boxblur avgblur drawbox drawgrid vignette'
  ).split(' '),
);
/** Names by which expressions and options refer to the time or the number of a frame. */
const CLOCK = /(^|[^\w.])(t|n|pos|pts|enable)($|[^\w.])/i;

/** Why a simple chain of filters, as the planner writes it, cannot be applied to pieces; null = it can. */
export function filtersFault(chain: string | null): string | null {
  if (chain === null) return null;
  // Quotes, escapes, labels and several chains: rare, and hard to classify.
  if (/['"\\[\];]/.test(chain)) return 'The filters cannot be applied to pieces.';
  for (const filter of chain.split(',')) {
    const [name = '', ...values] = filter.split('=');
    if (!TIMELESS.has(name)) return `The filter ${name.slice(0, 32)} may depend on earlier pictures or on the time.`;
    if (CLOCK.test(values.join('='))) return `The filter ${name} depends on the time.`;
  }
  return null;
}
