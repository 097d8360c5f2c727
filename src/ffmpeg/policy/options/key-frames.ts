import { INPUT_LIMITS } from '../../probe/input-limits.ts';
import { expressionText, parseExpression } from '../expressions/index.ts';
import { bad, good, type ParsedValue } from './option-grammars.ts';
import { readTime } from './option-scalars.ts';

export const KEY_FRAMES_HINT = 'Use times such as 0,2.5,00:00:10, or expr:gte(t,n_forced*2), or source.';
const MAX_TIMES = 1000;
const VARIABLES = ['n', 'n_forced', 'prev_forced_n', 'prev_forced_t', 't'];

/** Reads the argument of `-force_key_frames`: a list of times, `source`, or an expression over the frame. */
export function readKeyFrames(text: string): ParsedValue {
  if (text === 'source' || text === 'source_no_drop') return good(text);
  if (text.startsWith('expr:')) return readExpression(text.slice('expr:'.length));
  const times = text.split(',');
  if (times.length > MAX_TIMES) return bad(`names more than ${MAX_TIMES} times`, 'Use fewer, or an expression.');
  const written: string[] = [];
  let offset = 0;
  for (const time of times) {
    const canonical = readTime(time.trim(), { min: 0, max: INPUT_LIMITS.maxDurationSeconds });
    if (canonical === null) return bad('contains something that is not a time', KEY_FRAMES_HINT, offset);
    written.push(canonical);
    offset += time.length + 1;
  }
  return good(written.join(','));
}

function readExpression(text: string): ParsedValue {
  const parsed = parseExpression(text, { variables: VARIABLES });
  if (parsed.ok) return good(`expr:${expressionText(parsed.expression)}`);
  return bad(
    `contains an invalid expression: it ${parsed.reason}`.replace(/\.$/, ''),
    parsed.suggestion,
    'expr:'.length + parsed.offset,
  );
}
