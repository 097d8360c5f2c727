import * as z from 'zod';
import { rule } from './faults/rule.ts';
import { isTileFormat } from './formats.ts';
import { nullable } from './nullable.ts';

/* What a request may say about outputs that show or draw parts of a source. `src/ffmpeg/policy` checks what fits together. */

/** Pixels of a side of any picture; 16,383 is the most that WebP can store (RFC 9649). */
const MAX_SIDE = 8192;
/** Names of colors are resolved by FFmpeg, so only hexadecimal ones are accepted. */
const COLOR = /^#[0-9a-fA-F]{6}$/;
/** A share of the duration: `0%` to `100%`. */
const PERCENT = /^(?:100(?:\.0{1,3})?|\d{1,2}(?:\.\d{1,3})?)%$/;
/** Longest media that Airlock reads, in seconds. */
const MAX_SECONDS = 12 * 3600;
/** Pictures of one output. */
const MAX_TILES = 2000;

const pixels = z.number().int().min(16).max(MAX_SIDE);
const widthText = 'Pixels. Airlock keeps the aspect and never scales up.';

const stillTime = z.union([
  z.number().min(0).max(MAX_SECONDS),
  z
    .string()
    .refine((text) => text === 'best' || PERCENT.test(text), {
      error: rule(
        'is not a time of a still',
        'Send seconds such as 12.5, a share of the duration from "0%" to "100%", or "best"',
      ),
    })
    .meta({ pattern: `^best$|${PERCENT.source}` }),
]);

const still = z
  .object({
    at: nullable(stillTime).describe(
      'Seconds from the start, a share of the duration such as `"50%"`, or `"best"`: the sharpest of several pictures that are not dark, bright or faded. Defaults to `"best"`. After the end of the video, its last picture is shown, with a warning.',
    ),
    width: nullable(pixels).describe(`${widthText} Defaults to the width of the video.`),
  })
  .meta({
    id: 'Still',
    examples: [{ at: 'best', width: 1280 }, { at: 12.5 }, { at: '50%' }],
    description: 'One picture of a video. The output format is `jpg`, `png` or `webp`.',
  });

const preview = z
  .object({
    seconds: z.number().min(0.5).max(60).describe('Duration of the preview.'),
    segments: nullable(z.number().int().min(1).max(12)).describe(
      'Number of points of the video from which the preview takes an equal part. Defaults to 4, or fewer if a part would be shorter than half a second.',
    ),
    width: nullable(pixels).describe(`${widthText} Defaults to 480.`),
  })
  .meta({
    id: 'Preview',
    examples: [{ seconds: 4, segments: 4, width: 320 }],
    description: 'A short silent clip of several parts of a video. The output format is `gif`, `webp` or `mp4`.',
  });

const waveform = z
  .object({
    width: pixels.describe('Pixels.'),
    height: pixels.describe('Pixels.'),
    color: nullable(
      z.string().regex(COLOR, rule('is not a color', 'Send # and six hexadecimal digits, such as "#3366cc"')),
    ).describe(
      'Color of the waveform: `#` and six hexadecimal digits. Defaults to `#3366cc`. The background is transparent.',
    ),
  })
  .meta({
    id: 'Waveform',
    examples: [{ width: 800, height: 120, color: '#3366cc' }],
    description: 'A drawing of the loudness of the audio. The output format is `png`.',
  });

/** The fields that describe such outputs, at the top of a request and in each entry of `outputs`. */
export const pictureFields = {
  still: nullable(still).describe('Makes the output one picture of the video.'),
  preview: nullable(preview).describe('Makes the output a short silent clip of several parts of the video.'),
  waveform: nullable(waveform).describe('Makes the output a drawing of the loudness of the audio.'),
  every_seconds: nullable(z.number().min(0.1).max(MAX_SECONDS)).describe(
    'Seconds between the pictures of `thumbnails` or a `sprite`. With more than 2,000 pictures, Airlock raises it, with a warning.',
  ),
  count: nullable(z.number().int().min(1).max(MAX_TILES)).describe(
    'Number of pictures of `thumbnails`, instead of `every_seconds`.',
  ),
  width: nullable(pixels.max(1920)).describe(
    'Pixels of each picture of `thumbnails` or a `sprite`; 320 or 160 when absent. Airlock never scales up.',
  ),
  columns: nullable(z.number().int().min(1).max(100)).describe(
    'Pictures in a row of a `sprite`; 10 when absent. Fewer if the image would be wider than 8192 pixels.',
  ),
};

const TILE_FIELDS = ['every_seconds', 'count', 'width', 'columns'] as const;

/** Rejects fields of thumbnails and sprites on other formats, and intervals that are missing or contradict each other. */
export function checkTiles(
  output: Partial<Record<(typeof TILE_FIELDS)[number] | 'outputFormat', unknown>>,
  report: (field: string, message: string) => void,
): void {
  const { outputFormat: format } = output;
  if (typeof format !== 'string') return;
  const has = (field: (typeof TILE_FIELDS)[number]) => output[field] !== undefined;
  if (!isTileFormat(format)) {
    const remedy = (field: string) => `Omit ${field}, or send the format thumbnails or sprite`;
    for (const field of TILE_FIELDS.filter(has)) report(field, rule(`does not apply to ${format}`, remedy(field)));
    return;
  }
  const ofOther = format === 'sprite' ? 'count' : 'columns';
  if (has(ofOther)) report(ofOther, rule(`does not apply to ${format}`, `Omit ${ofOther}`));
  else if (has('count') && has('every_seconds'))
    report('count', rule('cannot be combined with every_seconds', 'Omit one of them'));
  else if (!has('count') && !has('every_seconds')) {
    const remedy = format === 'sprite' ? 'Send every_seconds, such as 10' : 'Send every_seconds, such as 10, or count';
    report('every_seconds', rule('is missing', remedy));
  }
}

/** Their names, of which an output has at most one. */
export const PICTURE_FIELDS = ['still', 'preview', 'waveform'] as const;
type PictureField = (typeof PICTURE_FIELDS)[number];

/** Formats in which each of them can be stored. */
export const PICTURE_FORMATS: Readonly<Record<PictureField, readonly string[]>> = {
  still: ['jpg', 'png', 'webp'],
  preview: ['gif', 'webp', 'mp4'],
  waveform: ['png'],
};
