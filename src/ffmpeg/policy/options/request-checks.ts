import type { OutputFormat } from '../../../contract/formats.ts';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import { checkGraphUse } from '../../plan/graph-use.ts';
import type { Rejection } from '../../types.ts';
import { FORMAT_DEFAULTS, findEncoder } from '../encoders/encoders.ts';
import { chosenEncoder, kindOf } from './applicability.ts';
import { describeValue, parseValue } from './option-values.ts';
import type { ParsedOption } from './options.ts';
import type { ParsedRequest } from './parsed-request.ts';

const MAX_MAPS = 16;

/** Rejects options that are allowed alone, but not together or not for this output. */
export function checkTogether(parsed: ParsedRequest, request: TranscodeRequest): Rejection[] {
  const { output, inputs } = parsed;
  return [
    ...checkMaps(parsed, request),
    ...output.flatMap((option) => checkEncoder(option, output, request)),
    ...checkCopies(parsed, request),
    ...inputs.flatMap((list) => checkTimes(list)),
    ...checkEnd(parsed),
    ...checkTimes(output),
    ...checkGraphUse(parsed, request),
  ];
}

function rejection(option: ParsedOption, reason: string, suggestion: string): Rejection {
  return { field: option.field, option: `-${option.name}`, reason, suggestion };
}

function checkMaps({ output, graph, rejections }: ParsedRequest, request: TranscodeRequest): Rejection[] {
  const found: Rejection[] = [];
  const count = request.inputs.length;
  const labels = (graph?.graph.outputs ?? []).flatMap(({ label }) => (label === null ? [] : [label]));
  const maps = output.filter(({ name }) => name === 'map');
  for (const [index, option] of maps.entries()) {
    const value = option.value!;
    const label = /^\[(.*)\]$/.exec(value)?.[1];
    const input = Number(value.replace('-', '').charAt(0));
    const isDoubled = label !== undefined && maps.slice(0, index).some((other) => other.value === value);
    if (index >= MAX_MAPS) found.push(rejection(option, `More than ${MAX_MAPS} streams are mapped.`, 'Map fewer.'));
    // The labels of a rejected graph are unknown.
    else if (label !== undefined && rejections.length === 0 && !labels.includes(label)) {
      const near = labels.length > 0 ? `Use ${labels.map((name) => `[${name}]`).join(', ')}.` : LABEL_ADVICE;
      found.push(rejection(option, `No filter outputs [${label}].`, near));
    } else if (isDoubled) {
      found.push(rejection(option, `[${label}] is mapped twice.`, 'Duplicate it with the filter split or asplit.'));
    } else if (label === undefined && input >= count) {
      const advice = `Inputs are counted from 0; this request has ${count}.`;
      found.push(rejection(option, `There is no input ${input}.`, advice));
    }
  }
  return found;
}

const LABEL_ADVICE = 'Label an open output in "filters", or map 0:v and 0:a.';

function checkEncoder(option: ParsedOption, output: readonly ParsedOption[], request: TranscodeRequest): Rejection[] {
  const { name, row, value } = option;
  const format = request.outputFormat;
  if (name === 'f' && !sameFormat(value!, format)) {
    return [rejection(option, 'The format is chosen by outputFormat.', 'Leave -f out, or set outputFormat.')];
  }
  if (name === 'c' && value !== 'copy') {
    const encoder = findEncoder(value!);
    if (!encoder || acceptsEncoder(format, encoder.kind, encoder.formats)) return [];
    const fallback = FORMAT_DEFAULTS[format][encoder.kind];
    const formats = `one of these output formats: ${encoder.formats.join(', ')}`;
    return [
      rejection(
        option,
        `${format} does not support ${encoder.name}.`,
        `Use ${fallback ?? 'another codec'}, or ${formats}.`,
      ),
    ];
  }
  const kind = kindOf(option);
  const encoder = kind && row.value.type === 'by-encoder' ? chosenEncoder(output, request, kind) : null;
  if (!encoder || row.value.type !== 'by-encoder' || !Object.hasOwn(row.value.of, encoder)) return [];
  const own = row.value.of[encoder]!;
  const kindName = kind === 'v' ? 'video' : 'audio';
  if (parseValue(own, value, kindName).ok) return [];
  return [rejection(option, `-${name} of ${encoder} does not accept this value.`, describeValue(own))];
}

/** Rejects filters and overlays of copied streams, because a copied stream is not decoded. */
function checkCopies({ output, video, audio }: ParsedRequest, request: TranscodeRequest): Rejection[] {
  const steps = [
    ...video.map(({ field }) => ({ field, kind: 'v' as const })),
    ...audio.map(({ field }) => ({ field, kind: 'a' as const })),
  ];
  return steps
    .filter(({ kind }) => chosenEncoder(output, request, kind) === 'copy')
    .map(({ field, kind }) => ({
      field,
      option: kind === 'v' ? '-vf' : '-af',
      reason: 'A stream that is copied cannot be filtered.',
      suggestion: `Leave the copy out for this stream; -c:${kind === 'v' ? 'a' : 'v'} copy can stay.`,
    }));
}

/**
 * Whether a format supports an encoder. An encoder for a stream kind that the format lacks is accepted, because it is ignored together with
 * the stream (`-c:v` for an mp3).
 */
function acceptsEncoder(format: OutputFormat, kind: 'video' | 'audio', formats: readonly OutputFormat[]): boolean {
  return FORMAT_DEFAULTS[format][kind] === null || formats.includes(format);
}

function sameFormat(value: string, format: OutputFormat): boolean {
  const muxer = FORMAT_DEFAULTS[format].muxer;
  return value === muxer || value === format || (format === 'jpg' && value === 'mjpeg');
}

function checkTimes(options: ParsedOption[]): Rejection[] {
  const last = (name: string) => options.findLast((option) => option.name === name);
  const [start, stop, length] = [last('ss'), last('to'), last('t')];
  if (!stop || length || Number(stop.value) > Number(start?.value ?? 0)) return [];
  return [
    {
      field: stop.field,
      option: '-to',
      reason: '-to is not after -ss, so nothing would be left.',
      suggestion: 'Use -t for a length, or a later -to.',
    },
  ];
}

/**
 * Rejects a single input that repeats endlessly if no other setting ends the output. With several inputs, or with filters that may trim,
 * the planner ends the output.
 */
function checkEnd({ inputs, output, graph, video, audio }: ParsedRequest): Rejection[] {
  const [input = [], ...others] = inputs;
  const endless = input.find(
    ({ name, value }) => (name === 'stream_loop' && value === '-1') || (name === 'loop' && value !== '0'),
  );
  const ends = (list: ParsedOption[]) => list.some(({ name }) => ['t', 'to', 'shortest', 'frames'].includes(name));
  const isOpen = others.length > 0 || graph !== null || video.length + audio.length > 0;
  if (!endless || isOpen || ends(output) || ends(input)) return [];
  return [
    {
      field: endless.field,
      option: `-${endless.name}`,
      reason: 'This input never ends, and nothing else ends the output.',
      suggestion: 'Add -t to "options", or -shortest when another input ends.',
    },
  ];
}
