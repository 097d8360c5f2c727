import type { OptionRequest } from '../../contract/transcode-request.ts';
import type { Refusal } from '../types.ts';
import { OPTION_TABLE, type OptionRow, type OptionScope } from './option-table.ts';
import { parseValue } from './option-values.ts';

/** An option that has been understood; `args` writes it for FFmpeg. */
export interface ParsedOption {
  row: OptionRow;
  /** FFmpeg's name without dash, e.g. `c`. */
  name: string;
  /** `v`, `a:0` … or the empty string. */
  specifier: string;
  value: string | null;
  /** Position in the request. */
  field: string;
}

const NAME = /^-([a-z][a-z0-9_-]*)(?::([vas])(?::(\d{1,2}))?)?$/;

const BY_NAME: ReadonlyMap<string, { row: OptionRow; implied: string }> = new Map(
  OPTION_TABLE.flatMap((row) => [
    [row.name, { row, implied: '' }] as const,
    ...Object.entries(row.aliases ?? {}).map(
      ([alias, implied]) => [alias, { row, implied: implied as string }] as const,
    ),
  ]),
);

/** Reads one option as the caller wrote it; `field` is its position in the request. */
export function parseOption(request: OptionRequest, scope: OptionScope, field: string): ParsedOption | Refusal {
  const shown = visible(request.option);
  const refuse = (reason: string, suggestion: string): Refusal => ({ field, option: shown, reason, suggestion });
  const name = typeof request.option === 'string' ? request.option.normalize('NFKC') : '';
  if (name.startsWith('@')) {
    return refuse('Overlays are not available yet on this server.', 'Leave it out; plain options and presets work.');
  }
  const filterAdvice = FILTER_OPTIONS.test(name);
  if (filterAdvice) return refuse(FILTER_REASON, FILTER_ADVICE);
  const match = NAME.exec(name);
  if (!match) {
    const plain = /^[a-z][a-z0-9_-]*(:[vas](:\d{1,2})?)?$/.test(name);
    return refuse(
      'This is not how a plain FFmpeg option is written.',
      plain ? `Write it with a dash: -${name}.` : 'Write it as -name, -name:v or -name:a:0, in lower case.',
    );
  }
  const known = BY_NAME.get(match[1]!);
  if (!known) return refuse('This option is not on the list of allowed options.', adviceFor(match[1]!));
  const { row, implied } = known;
  if (!row.scopes.includes(scope)) {
    return refuse(
      scope === 'input' ? 'This option does not belong to an input.' : 'This option belongs to an input.',
      scope === 'input' ? 'Move it to "options".' : 'Move it to inputs[n].options.',
    );
  }
  const specifier = match[2] ?? implied;
  if (specifier !== '' && implied !== specifier && !(row.specifiers as readonly string[]).includes(specifier)) {
    const allowed = row.specifiers.map((kind) => `-${row.name}:${kind}`).join(', ');
    return refuse(
      'This stream specifier does not belong to this option.',
      allowed ? `Use ${allowed}.` : `Use -${row.name}.`,
    );
  }
  const kind = specifier === 'v' ? 'video' : specifier === 'a' ? 'audio' : null;
  const parsed = parseValue(row.value, request.argument, kind);
  if (!parsed.ok) return refuse(`-${row.name} ${parsed.reason}.`, parsed.suggestion);
  return {
    row,
    name: row.name,
    specifier: match[3] === undefined ? specifier : `${specifier}:${Number(match[3])}`,
    value: parsed.value,
    field,
  };
}

export function isRefusal(result: ParsedOption | Refusal): result is Refusal {
  return 'reason' in result;
}

/** The option as FFmpeg arguments, from our own parts alone. */
export function optionArgs(option: ParsedOption): string[] {
  const flag = `-${option.name}${option.specifier === '' ? '' : `:${option.specifier}`}`;
  return option.value === null ? [flag] : [flag, option.value];
}

const FILTER_OPTIONS = /^-(vf|af|filter|lavfi|filter_complex|filter_script|filter_complex_script)(:|$)/i;
const FILTER_REASON = 'Filters are not available yet on this server.';
const FILTER_ADVICE =
  'Use preset.resolution or -s for the size, -r for the frame rate, -ss and -t to trim, -ac and -ar for the sound.';

/** Refusal of one entry of `filters`. */
export function refuseFilter(filter: unknown, field: string): Refusal {
  return { field, option: visible(filter), reason: FILTER_REASON, suggestion: FILTER_ADVICE };
}

const ADVICE: Readonly<Record<string, string>> = {
  i: 'List every input in "inputs".',
  protocol_whitelist: 'The server sets it; leave it out.',
  format_whitelist: 'The server sets it; leave it out.',
  progress: 'Read "progress" of the job instead.',
  loglevel: 'Leave it out; errors are in "error_message".',
  v: 'Leave it out; errors are in "error_message".',
  pass: 'Use -crf, or -b:v with -maxrate and -bufsize.',
  passlogfile: 'Use -crf, or -b:v with -maxrate and -bufsize.',
  fs: 'Use -b:v to bound the size.',
  hwaccel: 'Leave it out; the server chooses how to decode.',
  attach: 'Leave it out; files cannot be attached.',
};

function adviceFor(name: string): string {
  return (
    (Object.hasOwn(ADVICE, name) && ADVICE[name]) ||
    'Leave it out, or use "preset". The documentation lists what is allowed.'
  );
}

/** What a person may see of a refused name: short, printable. */
function visible(value: unknown): string {
  return String(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 64);
}
