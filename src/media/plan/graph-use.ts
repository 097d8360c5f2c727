import { formatKind } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import type { OpenPad, PadKind } from '../filters/types.ts';
import { OptionSet } from '../options/option-set.ts';
import type { ParsedRequest } from '../options/parsed-request.ts';
import type { Refusal } from '../types.ts';

/** Formats whose file holds one track of sound. */
const SINGLE_SOUND: ReadonlySet<string> = new Set(['mp3', 'aac', 'wav', 'flac']);

/** Faults in the use of a graph's outputs that are visible before any input is known. */
export function checkGraphUse(parsed: ParsedRequest, request: TranscodeRequest): Refusal[] {
  // A graph whose ends all lead to a nullsink outputs nothing and removes nothing.
  if (!parsed.graph || parsed.graph.graph.outputs.length === 0) return [];
  const { graph, field } = parsed.graph;
  const maps = parsed.output.filter((option) => option.name === 'map').map((option) => option.value);
  const taken = graph.outputs.filter(
    (pad) => maps.length === 0 || pad.label === null || maps.includes(`[${pad.label}]`),
  );
  const refusals: Refusal[] = [];
  const refuse = (reason: string, suggestion: string, option = 'filters') =>
    refusals.push({ field, option, reason, suggestion });
  const count = (kind: PadKind) => taken.filter((pad: OpenPad) => pad.kind === kind).length;
  const format = request.outputFormat;
  const kind = formatKind(format);
  const several = (number: number, word: string) =>
    refuse(
      `The graph ends in ${number} ${word}, and a ${format} can contain only one.`,
      'Join them (hstack, overlay, amix, concat), or say with -map [label] which one to take.',
    );
  if (kind === 'image' && count('v') > 1) several(count('v'), 'pictures');
  if (SINGLE_SOUND.has(format) && count('a') > 1) several(count('a'), 'sounds');
  if (kind === 'image' && count('v') === 0) {
    refuse(
      `The graph gives no picture, and a ${format} contains nothing else.`,
      'Let it end in a picture (showwavespic draws one of sound), or choose an audio output format.',
    );
  }
  if (kind === 'audio' && count('a') === 0) {
    refuse(
      `The graph gives no sound, and a ${format} contains nothing else.`,
      'Choose a video or image output format.',
    );
  }
  const options = new OptionSet(parsed.output);
  for (const [of, word, encoder] of [
    ['v', 'pictures', 'libx264'],
    ['a', 'sound', 'aac'],
  ] as const) {
    if (options.value('c', of) !== 'copy' || count(of) === 0 || options.has(`${of}n`)) continue;
    refuse(
      `The ${word} come out of filters, and what is filtered cannot be copied.`,
      `Use -c:${of} ${encoder}, or leave -c out for the ${word}.`,
      `-c:${of} copy`,
    );
  }
  return refusals;
}
