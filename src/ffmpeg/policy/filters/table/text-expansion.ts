/** Functions of FFmpeg's expressions that neither loop, print nor store values. */
const FUNCTIONS = new Set(
  (
    'abs acos asin atan atan2 between bitand bitor ceil clip cos cosh eq exp floor gauss gcd gt gte hypot if ifnot isinf ' +
    'isnan lerp log lt lte max min mod not pow rand round sgn sin sinh sqrt squish tan tanh trunc'
  ).split(' '),
);
const CONSTANTS = new Set(['PI', 'E', 'PHI']);

const MAX_EXPRESSION = 200;

const PLAIN = /^(?:n|frame_num|pict_type)$/;
/** Matches `pts`, as seconds or as a clock, with an offset in seconds. */
const TIME = /^pts(?::(?:flt|hms|hms24hh)(?::-?\d{1,9}(?:\.\d{1,9})?)?)?$/;
/** Matches `e:<expression>` and `eif:<expression>:d:<width>`. */
const COMPUTED = /^(?:e|expr|eif|expr_int_format):([^:{}%\\']{1,200})(?::[xXdu](?::\d{1,2})?)?$/;

/**
 * Checks each `%{…}` of drawtext. Frame number, time stamp and computed numbers are allowed, but not the clock or a file's metadata, so
 * that the result depends on the request alone. `text` = text without both levels of escaping. `variables` = the variables of the filter's
 * expressions. Returns null if the text is allowed.
 */
export function checkExpansion(text: string, variables: string) {
  const known = new Set(variables.split(' '));
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    // A backslash makes the next character literal.
    if (char === '\\') at += 2;
    else if (char !== '%') at += 1;
    else if (text[at + 1] === '%') at += 2;
    else if (text[at + 1] !== '{') {
      return reject('contains a lone %', 'Write %% for a percent sign, or add expansion=none.');
    } else {
      const end = text.indexOf('}', at);
      if (end < 0 || !isAllowed(text.slice(at + 2, end), known)) {
        return reject(
          'contains a %{…} that is not allowed',
          'Use %{pts}, %{pts:hms}, %{n}, %{eif:expression:d}, or add expansion=none to draw it as it is.',
        );
      }
      at = end + 1;
    }
  }
  return null;
}

function reject(reason: string, suggestion: string) {
  return { option: 'text', reason, suggestion };
}

function isAllowed(expansion: string, variables: ReadonlySet<string>): boolean {
  if (PLAIN.test(expansion) || TIME.test(expansion)) return true;
  const computed = COMPUTED.exec(expansion)?.[1];
  if (!computed || computed.length > MAX_EXPRESSION || !/^[\w\s.,()+\-*/^]+$/.test(computed)) return false;
  const names = computed.match(/[A-Za-z_]\w*/g) ?? [];
  return names.every((name) => variables.has(name) || FUNCTIONS.has(name) || CONSTANTS.has(name));
}
