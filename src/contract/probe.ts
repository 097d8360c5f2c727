import * as z from 'zod';
import { someWarnings } from './common.ts';

export const probeBody = z
  .object({
    url: z
      .string()
      .min(1)
      .max(8192)
      .describe(
        'A `gs://` URL of this account, or a public `https://` or `http://` URL. Airlock reads only parts of a large file at a URL.',
      ),
  })
  .meta({ id: 'ProbeRequest', description: 'A file to describe.' });
export type ProbeBody = z.infer<typeof probeBody>;

const text = z.string().nullable();
const number = z.number().nullable();
const ofVideo = (what: string) => number.describe(`${what}; null for sound.`);
const textOfVideo = (what: string) => text.describe(`${what}; null for sound, and where it is not declared.`);
const ofAudio = (what: string) => number.describe(`${what}; null for video.`);

const probedStream = z
  .object({
    index: z.number().describe('The number of the stream in the file, from 0.'),
    type: z.enum(['video', 'audio']).describe('Video includes pictures.'),
    codec: z.string().describe('FFmpeg’s name of the codec.'),
    profile: text.describe('Its profile; null where it has none.'),
    bit_rate: number.describe('Bits per second; null if the file does not contain it.'),
    duration_seconds: number.describe('Seconds; null if the stream does not contain it.'),
    is_default: z.boolean().describe('Whether players select it by default.'),
    language: text.describe('Language code of a sound; null where it is not declared.'),
    width: ofVideo('Pixels as stored'),
    height: ofVideo('Pixels as stored'),
    display_width: ofVideo('Pixels as displayed, rotated and stretched'),
    display_height: ofVideo('Pixels as displayed, rotated and stretched'),
    rotation: ofVideo('Degrees clockwise: 0, 90, 180 or 270'),
    fps: ofVideo('Frames per second while the picture changes'),
    frames: ofVideo('Number of frames, if the file contains it'),
    pixel_format: textOfVideo('FFmpeg’s name of the pixel format'),
    bit_depth: number.describe('Bits per sample; null where it is not declared.'),
    color_transfer: textOfVideo('Transfer characteristics'),
    color_primaries: textOfVideo('Primaries'),
    color_space: textOfVideo('Matrix'),
    color_range: textOfVideo('`tv` or `pc`'),
    is_hdr: z.boolean().nullable().describe('Whether it is HDR; null for sound.'),
    is_interlaced: z.boolean().nullable().describe('Whether it is interlaced; null for sound.'),
    has_alpha: z.boolean().nullable().describe('Whether it can be transparent; null for sound.'),
    is_cover: z.boolean().nullable().describe('Whether it is the cover of a sound file; null for sound.'),
    channels: ofAudio('Channels'),
    sample_rate: ofAudio('Samples per second'),
  })
  .meta({ id: 'ProbedStream', description: 'A stream of a file.' });
export type ProbedStream = z.infer<typeof probedStream>;

export const probeAnswer = z
  .object({
    format: z.string().describe('FFmpeg’s name of the format.'),
    duration_seconds: number.describe('Seconds; null for a still picture, or if the file does not contain it.'),
    size_bytes: number.describe('Bytes; null if the server of the file does not send it.'),
    bit_rate: number.describe('Bits per second of the entire file; null if unknown.'),
    streams: z.array(probedStream).describe('Video and sound, in the order of the file.'),
    subtitle_count: z.number().describe('Streams of subtitles.'),
    container: z
      .enum(['rewritten', 'original'])
      .nullable()
      .describe(
        'Whether FFmpeg would read the file remuxed, as in `inputs` of a job; null if that depends on the entire file.',
      ),
    warnings: someWarnings,
  })
  .meta({ id: 'ProbeAnswer', description: 'What a file contains.' });
export type ProbeAnswer = Omit<z.infer<typeof probeAnswer>, 'warnings'>;

/** The stored form of the result. */
export const probeResult = probeAnswer.omit({ warnings: true });
