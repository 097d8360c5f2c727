import * as z from 'zod';
import { rule } from './faults/rule.ts';
import { isTileFormat } from './formats.ts';
import { nullable } from './nullable.ts';

/* Fields that request stills, previews, waveforms, thumbnails and sprites. `src/ffmpeg/policy` checks their combinations. */

/** Maximum width and height of a picture in pixels. WebP allows at most 16,383 (RFC 9649). */
const MAX_SIDE = 8192;
/** Pattern for a color. Only hexadecimal colors are allowed, because FFmpeg would resolve names of colors. */
const COLOR = /^#[0-9a-fA-F]{6}$/;
/** Pattern for a share of the duration, from `0%` to `100%`. */
const PERCENT = /^(?:100(?:\.0{1,3})?|\d{1,2}(?:\.\d{1,3})?)%$/;
/** Maximum duration of media that Airlock reads, in seconds. */
const MAX_SECONDS = 12 * 3600;
/** Maximum number of pictures of one output. */
const MAX_TILES = 2000;

const pixels = z.number().int().min(16).max(MAX_SIDE);
const widthText = 'Width in pixels. Airlock keeps the aspect ratio and never scales up.';

const stillTime = z.union([
  z.number().min(0).max(MAX_SECONDS),
  z
    .string()
    .refine((text) => text === 'best' || PERCENT.test(text), {
      error: rule(
        'is not a valid time of a still',
        'Send seconds such as 12.5, a share of the duration from "0%" to "100%", or "best"',
      ),
    })
    .meta({ pattern: `^best$|${PERCENT.source}` }),
]);

const still = z
  .object({
    at: nullable(stillTime).describe(
      'Seconds from the start, a share of the duration such as `"50%"`, or `"best"`. `"best"`, the default, compares several pictures by exposure, contrast and sharpness. If the time is after the end of the video, the still is its last picture, and the job gets a warning.',
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
    seconds: z.number().min(0.5).max(60).describe('Duration of the preview in seconds.'),
    segments: nullable(z.number().int().min(1).max(12)).describe(
      'Number of points of the video from which the preview takes a part. All parts have the same duration. Defaults to 4, or to fewer if a part would be shorter than half a second.',
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
    width: pixels.describe('Width in pixels.'),
    height: pixels.describe('Height in pixels.'),
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

/** Picture fields at the top level of a request and in each entry of `outputs`. */
export const pictureFields = {
  still: nullable(still).describe('Makes the output one picture of the video.'),
  preview: nullable(preview).describe('Makes the output a short silent clip of several parts of the video.'),
  waveform: nullable(waveform).describe('Makes the output a drawing of the loudness of the audio.'),
  every_seconds: nullable(z.number().min(0.1).max(MAX_SECONDS)).describe(
    'Seconds between the pictures of `thumbnails` or a `sprite`. If the output would have more than 2,000 pictures, Airlock raises the value, and the job gets a warning.',
  ),
  count: nullable(z.number().int().min(1).max(MAX_TILES)).describe(
    'Number of pictures of `thumbnails`. Send either `count` or `every_seconds`.',
  ),
  width: nullable(pixels.max(1920)).describe(
    'Width in pixels of each picture of `thumbnails` or a `sprite`. Defaults to 320 for `thumbnails` and 160 for a `sprite`. Airlock never scales up.',
  ),
  columns: nullable(z.number().int().min(1).max(100)).describe(
    'Pictures in a row of a `sprite`. Defaults to 10. Airlock uses fewer if a sheet would be wider than 8192 pixels.',
  ),
};

const TILE_FIELDS = ['every_seconds', 'count', 'width', 'columns'] as const;

/** Reports fields of thumbnails and sprites for other formats, and missing or contradictory intervals. */
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

/** Fields of which an output can have only one. */
export const PICTURE_FIELDS = ['still', 'preview', 'waveform'] as const;
type PictureField = (typeof PICTURE_FIELDS)[number];

/** The output formats that accept each field. */
export const PICTURE_FORMATS: Readonly<Record<PictureField, readonly string[]>> = {
  still: ['jpg', 'png', 'webp'],
  preview: ['gif', 'webp', 'mp4'],
  waveform: ['png'],
};
