import { out } from '../style.ts';

/** One line of `doctor`: the name of the check, its state, its finding, and the remedy. */
export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'unsafe';
  seen: string;
  remedy: string | null;
}

const MARKS = { ok: out.green('✓'), warning: out.yellow('!'), unsafe: out.red('✗') };
const NAME_WIDTH = 34;

/** Returns the report for people: the summary, the problems with their remedies, and then every check. */
export function doctorReport(checks: readonly Check[]): string {
  const unsafe = checks.filter(({ state }) => state === 'unsafe');
  const warnings = checks.filter(({ state }) => state === 'warning');
  const wrong = [...unsafe, ...warnings];
  const counts = [count(unsafe.length, 'problem'), count(warnings.length, 'warning')].filter(Boolean).join(' and ');
  const summary = counts ? `${counts} in ${checks.length} checks.` : `All ${checks.length} checks passed.`;
  return [
    `${MARKS[wrong[0]?.state ?? 'ok']} ${out.bold(summary)}\n`,
    ...(wrong.length > 0 ? ['\n', ...wrong.map(problem)] : []),
    `\n${out.bold('Every check')}\n`,
    ...checks.map(line),
  ].join('');
}

function problem({ name, state, seen, remedy }: Check): string {
  const what = `${MARKS[state]} ${out.bold(name.trim())}: ${seen}\n`;
  return remedy ? `${what}    ${out.yellow('→')} ${remedy}\n` : what;
}

function line({ name, state, seen }: Check): string {
  return `${MARKS[state]} ${name.padEnd(NAME_WIDTH)} ${out.dim(seen)}\n`;
}

function count(number: number, word: string): string {
  return number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
}
