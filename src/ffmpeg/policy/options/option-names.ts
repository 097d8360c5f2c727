import { nearestName } from '../../../contract/faults/near-name.ts';
import { adviceFor, GENERAL_ADVICE } from './option-advice.ts';
import { OPTION_TABLE, type OptionRow } from './option-table.ts';

export interface NamedOption {
  row: OptionRow;
  /** The stream specifier that the caller wrote or that the alias implies: `v`, `a:0`, `s:v:0`, or empty. */
  specifier: string;
}

export interface NameRejection {
  reason: string;
  suggestion: string;
}

const BY_NAME: ReadonlyMap<string, { row: OptionRow; implied: string }> = new Map(
  OPTION_TABLE.flatMap((row) => [
    [row.name, { row, implied: '' }] as const,
    ...Object.entries(row.aliases ?? {}).map(
      ([alias, implied]) => [alias, { row, implied: implied as string }] as const,
    ),
  ]),
);

/** Options outside the table that are also accepted. */
const FILTER_NAMES = ['vf', 'af', 'filter', 'filter_complex', 'lavfi'];
const KNOWN: readonly string[] = [...BY_NAME.keys(), ...FILTER_NAMES];

/** Finds the row of an option and reads its stream specifier. */
export function readName(name: string): NamedOption | NameRejection {
  const odd = oddSpelling(name);
  if (odd) return odd;
  const match = /^-([a-z][a-z0-9_-]*)(?::([a-z0-9:]{1,12}))?$/.exec(name);
  if (!match) {
    return rejection(
      'This is not the form of a plain FFmpeg option.',
      'Write it as -name, -name:v or -name:a:0, in lower case.',
    );
  }
  const known = BY_NAME.get(match[1]!);
  if (!known) return unknown(match[1]!);
  const { row, implied } = known;
  const specifier = readSpecifier(row, match[2] ?? '', implied);
  if (specifier !== null) return { row, specifier };
  const allowed = row.specifiers.map((kind) => `-${row.name}:${kind}`).join(', ');
  return rejection(
    'This stream specifier is not valid for this option.',
    allowed ? `Use ${allowed}.` : `Use -${row.name}.`,
  );
}

export function isNameRejection(result: NamedOption | NameRejection): result is NameRejection {
  return 'reason' in result;
}

/** Rejects misspelled names and names that try to evade the check. Returns null for other names. */
export function oddSpelling(name: string): NameRejection | null {
  const plain = name.normalize('NFKC').replace(/[‐‑‒–—―−]/g, '-');
  if (plain !== name) {
    return rejection('The name contains look-alike characters.', 'Type it again with plain letters and a plain dash.');
  }
  if (name.startsWith('-/')) {
    return rejection('An option whose value is read from a file is not allowed.', 'Send the value itself.');
  }
  const bare = name.replace(/^-*/, '');
  const [head = ''] = bare.toLowerCase().split(':');
  const isKnown = KNOWN.includes(head);
  // The text after the name may contain anything, so it is shown only if it is readable.
  const shown = /^[\w:-]{1,40}$/.test(bare) ? bare : head;
  if (isKnown && !/^-[^-]/.test(name)) {
    return rejection('This is not the form of a plain FFmpeg option.', `Write it with one dash: -${shown}.`);
  }
  if (isKnown && bare !== bare.toLowerCase()) {
    return rejection('Options are written in lower case.', `Did you mean -${shown.toLowerCase()}?`);
  }
  return null;
}

function unknown(name: string): NameRejection {
  const near = adviceFor(name) ? null : nearestName(name, KNOWN);
  return rejection(
    'This option is not on the list of allowed options.',
    adviceFor(name) ?? (near ? `Did you mean -${near}? ${GENERAL_ADVICE}` : GENERAL_ADVICE),
  );
}

function readSpecifier(row: OptionRow, written: string, implied: string): string | null {
  if (row.ofStream) {
    const match = /^(?:g|s(?::(?:[vas]|\d{1,2})(?::\d{1,2})?)?)?$/.exec(written);
    return match ? written.replace(/:0+(?=\d)/g, ':') : null;
  }
  if (written === '') return implied;
  const match = /^([vas])(?::(\d{1,2}))?$/.exec(written);
  const kind = match?.[1];
  if (!kind || (implied !== '' && implied !== kind)) return null;
  if (!(row.specifiers as readonly string[]).includes(kind)) return null;
  return match[2] === undefined ? kind : `${kind}:${Number(match[2])}`;
}

function rejection(reason: string, suggestion: string): NameRejection {
  return { reason, suggestion };
}

/** Whether a value follows the option in a command string; null for an unknown option. */
export function takesValue(name: string): boolean | null {
  if (name.startsWith('@')) return true;
  const head = /^-([a-z][a-z0-9_-]*)(?::|$)/.exec(name.toLowerCase())?.[1] ?? '';
  if (FILTER_NAMES.includes(head)) return true;
  const known = BY_NAME.get(head);
  return known ? known.row.value.type !== 'flag' : null;
}
