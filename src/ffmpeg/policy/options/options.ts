import type { OptionRequest } from '../../../contract/transcode-request.ts';
import type { Rejection } from '../../types.ts';
import { inputAdvice } from './option-advice.ts';
import { isNameRejection, readName } from './option-names.ts';
import type { OptionRow, OptionScope } from './option-table.ts';
import { parseValue } from './option-values.ts';

/** A valid, parsed option, which `optionArgs` writes for FFmpeg. */
export interface ParsedOption {
  row: OptionRow;
  /** FFmpeg's name without the dash, such as `c`. */
  name: string;
  /** A stream specifier such as `v` or `a:0`, or the empty string. */
  specifier: string;
  value: string | null;
  /** Position in the request. */
  field: string;
}

/** Reads one option of the caller. `field` = position of the option in the request. */
export function parseOption(request: OptionRequest, scope: OptionScope, field: string): ParsedOption | Rejection {
  const reject = (reason: string, suggestion: string, offset?: number): Rejection => ({
    field,
    ...(offset !== undefined && { offset }),
    option: visible(request?.option),
    reason,
    suggestion,
  });
  const named = readName(typeof request?.option === 'string' ? request.option : '');
  if (isNameRejection(named)) return reject(named.reason, named.suggestion);
  const { row, specifier } = named;
  if (!row.scopes.includes(scope)) {
    return scope === 'input'
      ? reject('This option does not belong to an input.', inputAdvice(row.name))
      : reject('This option belongs to an input.', 'Move it to inputs[n].options.');
  }
  const kind = specifier.startsWith('v') ? 'video' : specifier.startsWith('a') ? 'audio' : null;
  const parsed = parseValue(row.value, request.argument, kind);
  if (!parsed.ok) return reject(`-${row.name} ${parsed.reason}.`, parsed.suggestion, parsed.offset);
  return { row, name: row.name, specifier, value: parsed.value, field };
}

export function isRejection(result: ParsedOption | Rejection): result is Rejection {
  return 'reason' in result;
}

/** Returns the option as FFmpeg arguments, built only from generated parts. */
export function optionArgs(option: ParsedOption): string[] {
  const flag = `-${option.name}${option.specifier === '' ? '' : `:${option.specifier}`}`;
  return option.value === null ? [flag] : [flag, option.value];
}

/** Returns a rejected name in a form that is safe to show: short and printable. */
export function visible(value: unknown): string {
  return String(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 64);
}
