import type { OutputFormat } from '../../../src/contract/formats.ts';
import type { OptionRequest, TranscodeRequest } from '../../../src/contract/transcode-request.ts';
import type { Check } from './checks.ts';
import type { MediaName } from './media.ts';

/** A request like those that people send to such services, with small media. */
export interface WildRow {
  name: string;
  /** Names of files of `media.ts`, each with the options of the input. */
  inputs: readonly (MediaName | readonly [MediaName, ...string[]])[];
  request: Omit<TranscodeRequest, 'inputs'>;
  checks: readonly Check[];
  /** Pattern of the reason, if the request must be rejected. */
  rejected?: RegExp;
}

/** Words of the form `-name value …`. A value that starts with a dash is written `=-value`, and an overlay is an object. */
type Words = readonly (string | number | Record<string, unknown>)[];

export function options(words: Words): OptionRequest[] {
  const list: OptionRequest[] = [];
  for (const word of words) {
    const last = list.at(-1);
    const isName = typeof word === 'string' && /^[-@][a-z]/.test(word);
    if (isName || !last) list.push({ option: String(word) });
    else last.argument = typeof word === 'string' ? word.replace(/^=-/, '-') : word;
  }
  return list;
}

type Inputs = WildRow['inputs'][number] | WildRow['inputs'];
const asList = (inputs: Inputs): WildRow['inputs'] =>
  typeof inputs === 'string' || (typeof inputs[1] === 'string' && inputs[1].startsWith('-'))
    ? [inputs as WildRow['inputs'][number]]
    : (inputs as WildRow['inputs']);

export function preset(
  name: string,
  inputs: Inputs,
  outputFormat: OutputFormat,
  value: TranscodeRequest['preset'],
  ...checks: Check[]
): WildRow {
  return { name, inputs: asList(inputs), request: { outputFormat, ...(value && { preset: value }) }, checks };
}

export function plain(
  name: string,
  inputs: Inputs,
  outputFormat: OutputFormat,
  words: Words,
  ...checks: Check[]
): WildRow {
  return { name, inputs: asList(inputs), request: { outputFormat, options: options(words) }, checks };
}

/** Returns a row with the `filters` field, and with options in addition. */
export function composed(
  name: string,
  inputs: Inputs,
  outputFormat: OutputFormat,
  { filters, words = [] }: { filters: readonly string[]; words?: Words },
  ...checks: Check[]
): WildRow {
  const request: WildRow['request'] = { outputFormat, filters: filters.map((filter) => ({ filter })) };
  if (words.length > 0) request.options = options(words);
  return { name, inputs: asList(inputs), request, checks };
}

export function rejected(
  name: string,
  inputs: Inputs,
  outputFormat: OutputFormat,
  words: Words,
  reason: RegExp,
): WildRow {
  return { ...plain(name, inputs, outputFormat, words), rejected: reason };
}
