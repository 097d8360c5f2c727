import type { OutputFormat } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { FORMAT_DEFAULTS, findEncoder } from '../encoders/encoders.ts';
import type { Refusal } from '../types.ts';
import type { ParsedOption } from './options.ts';

const MAX_MAPS = 16;

/** What is wrong with options that are each allowed, but not together or not for this output. */
export function checkTogether(output: ParsedOption[], inputs: ParsedOption[][], request: TranscodeRequest): Refusal[] {
  return [
    ...checkCombination(output, request),
    ...inputs.flatMap((list) => [...checkTimes(list), ...checkEnd(list, output)]),
    ...checkTimes(output),
  ];
}

function checkCombination(options: ParsedOption[], request: TranscodeRequest): Refusal[] {
  const refusals: Refusal[] = [];
  const refuse = (option: ParsedOption, reason: string, suggestion: string) =>
    refusals.push({ field: option.field, option: `-${option.name}`, reason, suggestion });
  let maps = 0;
  for (const option of options) {
    if (option.name === 'map') {
      if (++maps > MAX_MAPS) refuse(option, `More than ${MAX_MAPS} streams are mapped.`, 'Map fewer.');
      const input = Number(option.value!.replace('-', '').charAt(0));
      if (input >= request.inputs.length) {
        refuse(
          option,
          `There is no input ${input}.`,
          `Inputs are counted from 0; this request has ${request.inputs.length}.`,
        );
      }
    }
    if (option.name === 'c' && option.value !== 'copy') {
      const encoder = findEncoder(option.value!);
      if (encoder && !canHold(request.outputFormat, encoder.kind, encoder.formats)) {
        const fallback = FORMAT_DEFAULTS[request.outputFormat][encoder.kind];
        refuse(
          option,
          `${encoder.name} does not go into ${request.outputFormat}.`,
          `Use ${fallback ?? 'another codec'}, or one of these output formats: ${encoder.formats.join(', ')}.`,
        );
      }
    }
    if (option.name === 'f' && !sameFormat(option.value!, request.outputFormat)) {
      refuse(option, 'The format is chosen by outputFormat.', `Leave -f out, or set outputFormat.`);
    }
  }
  return refusals;
}

/** An encoder of a kind that the format has no room for is ignored with the stream (`-c:v` for an mp3). */
function canHold(format: OutputFormat, kind: 'video' | 'audio', formats: readonly OutputFormat[]): boolean {
  return FORMAT_DEFAULTS[format][kind] === null || formats.includes(format);
}

function sameFormat(value: string, format: OutputFormat): boolean {
  const muxer = FORMAT_DEFAULTS[format].muxer;
  return value === muxer || value === format || (format === 'jpg' && value === 'mjpeg');
}

function checkTimes(options: ParsedOption[]): Refusal[] {
  const last = (name: string) => options.findLast((option) => option.name === name);
  const [start, stop, length] = [last('ss'), last('to'), last('t')];
  if (!stop || length || Number(stop.value) > Number(start?.value ?? 0)) return [];
  return [
    {
      field: stop.field,
      option: '-to',
      reason: '-to lies before -ss, so nothing would be left.',
      suggestion: 'Use -t for a length, or a later -to.',
    },
  ];
}

/** An input that repeats without end needs something that ends the output; else the job would run into its limits. */
function checkEnd(input: ParsedOption[], output: ParsedOption[]): Refusal[] {
  const endless = input.find(
    ({ name, value }) => (name === 'stream_loop' && value === '-1') || (name === 'loop' && value !== '0'),
  );
  const ends = (list: ParsedOption[]) => list.some(({ name }) => ['t', 'to', 'shortest', 'frames'].includes(name));
  if (!endless || ends(output) || ends(input)) return [];
  return [
    {
      field: endless.field,
      option: `-${endless.name}`,
      reason: 'This input never ends, and nothing else ends the output.',
      suggestion: 'Add -t to "options", or -shortest when another input ends.',
    },
  ];
}
