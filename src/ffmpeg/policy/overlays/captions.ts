import { nearestName } from '../../../contract/faults/near-name.ts';
import { cleanText } from './overlay-text.ts';
import { isObject, OverlayError, type OverlayRejection } from './style-values.ts';
import { unknownKeys } from './text-overlay.ts';
import { CAPTION_STYLES, type CaptionOverlay, type TimedText } from './types.ts';

/** Maximum number of captions. Three hours of speech have about 3,000 captions, which are laid out in 4 s. */
const MAX_CUES = 5000;
/** Maximum UTF-16 units of one caption, and of all captions together. */
const MAX_CUE_TEXT = 1000;
const MAX_TEXT = 500_000;
/** Maximum time in seconds, which is also the maximum duration of an output. */
const MAX_TIME = 12 * 3600;
const EXAMPLE = 'Send {"cues": [{"start": 0.5, "end": 2.4, "text": "…"}], "style": "bold-bottom"}.';

export type CaptionsResult = { ok: true; captions: CaptionOverlay; warnings: string[] } | OverlayRejection;

/**
 * Reads the argument of `@captions`: `{cues: [{start, end, text}], style?}` with times in seconds. Cues must be in the
 * order of their starts. Rejects every other shape. Any text is safe, because Airlock draws it only as text.
 */
export function parseCaptionOverlay(argument: unknown): CaptionsResult {
  try {
    if (!isObject(argument)) throw new OverlayError('', '@captions requires an object with cues.', EXAMPLE);
    const { cues } = argument;
    if (!Array.isArray(cues) || cues.length === 0)
      throw new OverlayError('cues', 'cues must be a non-empty list of captions.', EXAMPLE);
    if (cues.length > MAX_CUES) {
      throw new OverlayError('cues', `There are more than ${MAX_CUES} captions.`, 'Split the video into several jobs.');
    }
    const read: TimedText[] = [];
    let length = 0;
    for (const [index, cue] of cues.entries()) {
      const next = readCue(cue, `cues[${index}]`, read.at(-1)?.start ?? 0);
      length += next.text.length;
      if (length > MAX_TEXT) {
        const reason = `The captions have more than ${MAX_TEXT} characters.`;
        throw new OverlayError('cues', reason, 'Split the video into several jobs.');
      }
      read.push(next);
    }
    return {
      ok: true,
      captions: { cues: read, style: readStyle(argument.style) },
      warnings: unknownKeys(argument, ['cues', 'style'], ''),
    };
  } catch (error) {
    if (error instanceof OverlayError) return error.rejection;
    throw error;
  }
}

function readCue(cue: unknown, key: string, earliest: number): TimedText {
  if (!isObject(cue)) throw new OverlayError(key, 'A caption must be an object.', EXAMPLE);
  const { start, end, text } = cue;
  if (!isTime(start) || !isTime(end) || end <= start)
    throw new OverlayError(key, 'start and end must be seconds, and end must be greater than start.', EXAMPLE);
  if (start < earliest) {
    throw new OverlayError(key, 'The caption starts before the previous caption.', 'Sort the captions by start.');
  }
  if (typeof text !== 'string')
    throw new OverlayError(`${key}.text`, 'The text of a caption must be a string.', EXAMPLE);
  if (text.length > MAX_CUE_TEXT) {
    const reason = `A caption has more than ${MAX_CUE_TEXT} characters.`;
    throw new OverlayError(`${key}.text`, reason, 'Split the caption into several captions.');
  }
  return { start, end, text: cleanText(text).trim() };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}

function readStyle(value: unknown): CaptionOverlay['style'] {
  if (value === undefined || value === null) return 'bold-bottom';
  const known = CAPTION_STYLES.find((style) => style === value);
  if (known) return known;
  const near = typeof value === 'string' ? nearestName(value, CAPTION_STYLES) : null;
  const remedy = `Use one of ${CAPTION_STYLES.join(', ')}.`;
  throw new OverlayError(
    'style',
    'The caption style does not exist.',
    near ? `Did you mean "${near}"? ${remedy}` : remedy,
  );
}
