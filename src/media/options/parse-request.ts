import type { OptionRequest, TranscodeRequest } from '../../contract/transcode-request.ts';
import type { Refusal } from '../types.ts';
import type { OptionScope } from './option-table.ts';
import { isRefusal, type ParsedOption, parseOption, refuseFilter } from './options.ts';
import type { ParsedRequest } from './parsed-request.ts';
import { checkTogether } from './request-checks.ts';

/** Most options of one list; FFmpeg command lines of people have a few dozen. */
const MAX_OPTIONS = 200;

/** Everything of a request that may not run, each with its position. Empty = allowed. */
export function checkOptions(request: TranscodeRequest): Refusal[] {
  return parseRequest(request).refusals;
}

/** Reads all options of a request. Only what parsed without refusals may be planned. */
export function parseRequest(request: TranscodeRequest): ParsedRequest {
  const refusals: Refusal[] = [];
  const parseAll = (list: OptionRequest[] | undefined, scope: OptionScope, prefix: string): ParsedOption[] => {
    const parsed: ParsedOption[] = [];
    for (const [index, option] of (list ?? []).entries()) {
      const field = `${prefix}options[${index}]`;
      if (index >= MAX_OPTIONS) {
        refusals.push({ field, option: '', reason: `More than ${MAX_OPTIONS} options.`, suggestion: 'Send fewer.' });
        break;
      }
      const result = parseOption(option, scope, field);
      if (isRefusal(result)) refusals.push(result);
      else parsed.push(result);
    }
    return parsed;
  };
  const inputs = request.inputs.map((input, index) => parseAll(input.options, 'input', `inputs[${index}].`));
  const output = parseAll(request.options, 'output', '');
  for (const [index, entry] of (request.filters ?? []).entries()) {
    refusals.push(refuseFilter(entry?.filter, `filters[${index}]`));
  }
  refusals.push(...checkTogether(output, inputs, request));
  return { output, inputs, video: [], audio: [], graph: null, assets: [], refusals, warnings: [] };
}
