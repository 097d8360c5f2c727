import { expressionText } from '../expressions/index.ts';
import type { CheckedFilter, OptionTexts, PadKind, Pads } from './types.ts';

/** Maximum number of input pads, and of output pads, of a filter. No filter of the table needs more. */
const MAX_PADS = 128;

/** Returns the canonical texts of a filter's options. An asset becomes `asset`. */
export function optionTexts(filter: Pick<CheckedFilter, 'values'>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of filter.values) {
    if (value.type === 'asset') texts.set(key, 'asset');
    else texts.set(key, value.type === 'text' ? value.text : expressionText(value.expression));
  }
  return texts;
}

export function padsOf(filter: CheckedFilter): { inputs: readonly PadKind[]; outputs: readonly PadKind[] } {
  const { inputs, outputs } = filter.spec;
  // Most filters have fixed pads, so their options need not be written out.
  if (isFixed(inputs) && isFixed(outputs)) return { inputs, outputs };
  const texts = optionTexts(filter);
  return { inputs: expandPads(inputs, texts), outputs: expandPads(outputs, texts) };
}

/** Returns the pads that a filter has with these options, at most 128. */
export function expandPads(pads: Pads, texts: OptionTexts): readonly PadKind[] {
  if (typeof pads === 'function') return pads(texts).slice(0, MAX_PADS);
  if (pads === 'concat-inputs') {
    const segment = concatSegment(texts);
    return Array.from({ length: readCount(texts, 'n', 2) }, () => segment)
      .flat()
      .slice(0, MAX_PADS);
  }
  if (pads === 'concat-outputs') return concatSegment(texts);
  if (isFixed(pads)) return pads;
  return new Array<PadKind>(Math.min(readCount(texts, pads.count, pads.fallback), pads.max)).fill(pads.kind);
}

/** Returns the streams of one segment of a `concat`: first video, then audio. */
function concatSegment(texts: OptionTexts): PadKind[] {
  return [
    ...new Array<PadKind>(readCount(texts, 'v', 1)).fill('v'),
    ...new Array<PadKind>(readCount(texts, 'a', 0)).fill('a'),
  ];
}

function readCount(texts: OptionTexts, option: string, fallback: number): number {
  const value = Number(texts.get(option) ?? fallback);
  return Number.isInteger(value) && value >= 0 && value <= MAX_PADS ? value : fallback;
}

function isFixed(pads: Pads): pads is readonly PadKind[] {
  return Array.isArray(pads);
}
