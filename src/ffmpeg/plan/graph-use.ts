import { formatKind } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import type { OpenPad, PadKind } from '../policy/filters/types.ts';
import { OptionSet } from '../policy/options/option-set.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { Rejection } from '../types.ts';

/** Formats with a single audio track. */
const SINGLE_AUDIO: ReadonlySet<string> = new Set(['mp3', 'aac', 'wav', 'flac']);

/** Rejects uses of a graph's outputs that fail with any inputs. */
export function checkGraphUse(parsed: ParsedRequest, request: TranscodeRequest): Rejection[] {
  // A graph that ends only in sinks outputs nothing, and is ignored later.
  if (!parsed.graph || parsed.graph.graph.outputs.length === 0) return [];
  const { graph, field } = parsed.graph;
  const maps = parsed.output.filter((option) => option.name === 'map').map((option) => option.value);
  const taken = graph.outputs.filter(
    (pad) => maps.length === 0 || pad.label === null || maps.includes(`[${pad.label}]`),
  );
  const rejections: Rejection[] = [];
  const reject = (reason: string, suggestion: string, option = 'filters') =>
    rejections.push({ field, option, reason, suggestion });
  const count = (kind: PadKind) => taken.filter((pad: OpenPad) => pad.kind === kind).length;
  const format = request.outputFormat;
  const kind = formatKind(format);
  const several = (number: number, word: string) =>
    reject(
      `The graph has ${number} ${word} outputs, but a ${format} can contain only one.`,
      'Combine them (hstack, overlay, amix, concat), or select one with -map [label].',
    );
  if (kind === 'image' && count('v') > 1) several(count('v'), 'video');
  if (SINGLE_AUDIO.has(format) && count('a') > 1) several(count('a'), 'audio');
  if (kind === 'image' && count('v') === 0) {
    reject(
      `The graph has no video output, but a ${format} needs one.`,
      'Let it output video (showwavespic draws audio), or choose an audio output format.',
    );
  }
  if (kind === 'audio' && count('a') === 0) {
    reject(`The graph has no audio output, but a ${format} needs one.`, 'Choose a video or image output format.');
  }
  const options = new OptionSet(parsed.output);
  for (const [of, word, encoder] of [
    ['v', 'video', 'libx264'],
    ['a', 'audio', 'aac'],
  ] as const) {
    if (options.value('c', of) !== 'copy' || count(of) === 0 || options.has(`${of}n`)) continue;
    reject(
      `The ${word} is filtered, so it cannot be copied.`,
      `Use -c:${of} ${encoder}, or leave -c out for the ${word}.`,
      `-c:${of} copy`,
    );
  }
  return rejections;
}
