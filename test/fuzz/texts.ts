import type { Random } from '../../testkit/random.ts';

const SPECIAL = [
  ...[
    "'",
    '\\',
    ':',
    ',',
    ';',
    '[',
    ']',
    '=',
    '|',
    '/',
    '@',
    '#',
    '%',
    '{',
    '}',
    '(',
    ')',
    '"',
    '$',
    '`',
    '&',
    '<',
    '>',
  ],
  ...[' ', '\n', '\r', '\t', '\u0000', '\u001b', '\u007f', '\u202e', '\u2028', '\uff0d', '\uff1a', '\ud800', '\ufeff'],
  ...['-', '-/', '://', '..', '%{pts}', '\\N', '%00', '0x', '1e999', 'NaN', 'inf', '-1', '99999999999999999999'],
];
const WORDS = [
  ...['scale', 'w', 'iw', 'in', 'out', '0:v', '1:a', 'movie', 'drawtext', 'text', 'file', '/etc/passwd', 'http://a/b'],
  ...['between(t,1,2)', 'sin(t)', 'PTS', 'while(1,1)', 'print(1)', '640x480', 'red@0.5', '00:00:01', 'enable', 'copy'],
];
const SCRIPTS = [
  'سلام دنیا',
  'שלום',
  'नमस्ते',
  'สวัสดี',
  '漢字かな',
  '🎉👩‍👩‍👧',
  'e\u0301',
  'ﬁ',
  'ａｂｃ',
  '\u{1F3F4}\u{E0067}\u{E007F}',
];

/** Returns any text, in which characters with a special meaning are frequent. */
export function anyText(random: Random, longest = 40): string {
  const parts = random.times(random.int(0, random.chance(0.02) ? 40 * longest : longest / 4), () => {
    const kind = random.next();
    if (kind < 0.35) return random.pick(SPECIAL);
    if (kind < 0.55) return random.pick(WORDS);
    if (kind < 0.65) return random.pick(SCRIPTS);
    if (kind < 0.8) return String(random.int(-10, 5000));
    return String.fromCharCode(random.int(32, 126));
  });
  return parts.join('');
}

/** Returns a meaningful text with a few changes. */
export function mutated(random: Random, text: string, others: readonly string[]): string {
  let changed = text;
  for (let left = random.int(1, 4); left > 0; left -= 1) {
    const at = random.int(0, changed.length);
    const to = Math.min(changed.length, at + random.int(0, 8));
    const other = random.pick(others);
    changed = random.pick([
      () => changed.slice(0, at) + random.pick(SPECIAL) + changed.slice(at),
      () => changed.slice(0, at) + changed.slice(to),
      () => changed.slice(0, at) + random.pick(WORDS) + changed.slice(to),
      () => changed.slice(0, to) + changed.slice(at),
      () => changed.slice(0, at) + other.slice(random.int(0, other.length)),
      () => `${changed}${random.pick([',', ';', ''])}${other}`,
      () => changed.replace(/\d+/, () => random.pick(['0', '-1', '1e9', '65536', '0.0001', '1/0', '4294967296'])),
      () => changed.replaceAll(random.pick(["'", '\\', ',', ':']), random.pick(["'", '\\', '\\\\', ''])),
      () => changed.toUpperCase(),
      () => changed.normalize('NFKD'),
    ])();
    if (changed.length > 12_000) changed = changed.slice(0, 12_000);
  }
  return changed;
}

export function expressionText(random: Random, variables: readonly string[], depth = 0): string {
  const more = () => expressionText(random, variables, depth + 1);
  const kind = random.next() + depth * 0.12;
  if (kind > 0.85 || depth > 12) {
    return random.chance(0.6) && variables.length > 0 ? random.pick(variables) : number(random);
  }
  if (kind > 0.5) return `${more()}${random.pick(['+', '-', '*', '/', '^'])}${more()}`;
  if (kind > 0.42) return `(${more()})`;
  if (kind > 0.37) return `-${more()}`;
  const [name, count] = random.pick(FUNCTIONS);
  return `${name}(${random.times(count, more).join(',')})`;
}

const FUNCTIONS: readonly (readonly [string, number])[] = [
  ...(['abs', 'sin', 'cos', 'floor', 'trunc', 'round', 'sqrt', 'exp', 'log', 'not', 'sgn'] as const).map(
    (name) => [name, 1] as const,
  ),
  ...(['min', 'max', 'mod', 'pow', 'gt', 'gte', 'lt', 'lte', 'eq', 'hypot'] as const).map((name) => [name, 2] as const),
  ...(['between', 'clip', 'if', 'lerp'] as const).map((name) => [name, 3] as const),
  ...([
    ['if', 2],
    ['st', 2],
    ['ld', 1],
    ['random', 1],
    ['while', 2],
    ['nosuch', 1],
    ['sin', 2],
  ] as const),
];

export function number(random: Random): string {
  return random.pick([
    () => String(random.int(0, 10)),
    () => String(random.int(-100, 2000)),
    () => (random.next() * 10).toFixed(random.int(0, 6)),
    () => `${random.int(1, 9)}${random.pick(['k', 'M', 'Ki', 'dB', 'e3', 'e-3', 'u'])}`,
    () => `${random.int(1, 99)}/${random.int(0, 9)}`,
  ])();
}
