import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { PlanWarning } from '../../types.ts';
import { FORMAT_DEFAULTS } from '../encoders/encoders.ts';
import { parseValue } from './option-values.ts';
import type { ParsedOption } from './options.ts';

/** Returns the encoder that the request selects for a kind of stream; null = the format has no such stream. */
export function chosenEncoder(
  output: readonly ParsedOption[],
  request: TranscodeRequest,
  kind: 'v' | 'a',
): string | null {
  const stated = output.findLast(
    ({ name, specifier }) => name === 'c' && ['', kind, `${kind}:0`].includes(specifier),
  )?.value;
  if (stated) return stated;
  // An animation becomes an animated WebP, and a picture becomes a still WebP. Both encoders have the same options.
  return FORMAT_DEFAULTS[request.outputFormat]?.[kind === 'v' ? 'video' : 'audio'] ?? null;
}

/** Returns the kind of stream that an option applies to; null = several kinds. */
export function kindOf(option: ParsedOption): 'v' | 'a' | null {
  const letter = option.specifier.charAt(0) || (option.row.specifiers.length === 1 ? option.row.specifiers[0] : '');
  return letter === 'v' || letter === 'a' ? letter : null;
}

/**
 * Drops options of another encoder or another muxer, with a warning. FFmpeg itself would ignore options of another encoder and fail on
 * options of another muxer.
 */
export function dropInapplicable(
  output: readonly ParsedOption[],
  request: TranscodeRequest,
  warnings: PlanWarning[],
): ParsedOption[] {
  const kept = output.filter((option) => {
    const { row, field, name } = option;
    if (row.formats && !row.formats.includes(request.outputFormat)) {
      warnings.push({ field, message: `-${name} does not apply to ${request.outputFormat} and was ignored.` });
      return false;
    }
    const kind = kindOf(option);
    const encoder = kind && chosenEncoder(output, request, kind);
    if (row.encoders && encoder && encoder !== 'copy' && !row.encoders.includes(encoder)) {
      warnings.push({ field, message: `-${name} does not apply to ${encoder} and was ignored.` });
      return false;
    }
    return true;
  });
  return kept.map((option) => ownSpelling(option, output, request));
}

/** Rewrites a value in the spelling of the chosen encoder, because encoders spell some values differently. */
function ownSpelling(option: ParsedOption, output: readonly ParsedOption[], request: TranscodeRequest): ParsedOption {
  const { value } = option.row;
  const kind = kindOf(option);
  const encoder = kind && value.type === 'by-encoder' ? chosenEncoder(output, request, kind) : null;
  if (value.type !== 'by-encoder' || !encoder || !Object.hasOwn(value.of, encoder)) return option;
  const read = parseValue(value.of[encoder]!, option.value, null);
  return read.ok ? { ...option, value: read.value } : option;
}
