import {
  formatKind,
  OUTPUT_CONTENT_TYPES,
  OUTPUT_FORMATS,
  type OutputFormat,
  QUALITIES,
} from '../../src/contract/formats.ts';
import { audioSettings, LOSSLESS_AUDIO, videoSettings } from '../../src/media/encoders/encoder-settings.ts';
import { ENCODERS, FORMAT_DEFAULTS, type StreamKind } from '../../src/media/encoders/encoders.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_SECONDS } from '../../src/media/plan/resources.ts';
import { INPUT_LIMITS } from '../../src/media/probe/input-limits.ts';
import { code, heading, table } from './markdown.ts';

/** A short side that is neither small nor 4K, for the settings that depend on it. */
const SHORT_SIDE = 1080;

/** What a table cannot say. */
const NOTES: Partial<Record<OutputFormat, string>> = {
  mp4: 'Index at the front (`+faststart`).',
  mov: 'Index at the front (`+faststart`).',
  avi: 'Constant frame rate.',
  m4a: 'Index at the front (`+faststart`).',
  wav: '24 bits when the source has more than 16.',
  flac: '16 bits, or 24 in 32-bit samples when the source has more.',
  jpg: 'One picture; transparent parts become white.',
  png: 'One picture.',
  gif: 'At most 15 frames a second (10 for `low`), at most 640 wide unless a size is asked for.',
  webp: 'One picture; an animated GIF stays animated.',
};

export function formatsPage(): string {
  return `${heading('Output formats', 'src/media/encoders/encoders.ts and src/media/encoders/encoder-settings.ts')}
\`outputFormat\` is one of these. Encoders are those that run when the request names none.

${table(['Format', 'Content type', 'Container', 'Video', 'Audio', 'Notes'], OUTPUT_FORMATS.map(formatRow))}

## Quality

\`preset.quality\` is \`high\`, \`medium\` (when absent) or \`low\`. It stands for these FFmpeg arguments, here for a frame with
a short side of ${SHORT_SIDE}. x264 takes the slower preset \`fast\` up to 480, VP9 \`-cpu-used 6\`. Where the bit rate of
the source's video is known, x264, x265, VP8 and VP9 never get more than that. A mono source gets half the audio bit rate.

${qualityTable('video', (encoder, quality) =>
  videoSettings({ encoder, quality, shortSide: SHORT_SIDE, sourceBitRate: null, stated: new Set() }),
)}

${qualityTable('audio', (encoder, quality) => audioSettings(encoder, quality, null))}

${LOSSLESS_AUDIO.map(code).join(', ')} lose nothing, so quality changes nothing for them.

## What else happens

- \`preset.resolution\` is the short side of the frame: 480, 720, 1080 or 2160 (\`4k\`). The aspect is kept, portrait stays
  portrait, sides of videos are even, and nothing is scaled up. Audio formats ignore it.
- The first video that is no cover art and the default (else the first) audio stream are taken. Subtitles, data streams,
  chapters and tags of the input are not kept; the language of the audio is. \`-map\` chooses otherwise.
- Rotation is applied to the pictures. Interlaced video is deinterlaced. Samples that are not square become square.
- HDR is tone-mapped to SDR unless the target keeps more than 8 bits (x265, AV1 and ProRes do). Surround sound becomes stereo
  unless the encoder is lossless.
- A still of a video is taken at one second, or at a tenth of a shorter one. A format without sound drops it.
- Several inputs without \`options\` are joined one after the other: the first gives the frame, the others are fitted into it
  with bars, missing sound becomes silence, and the frame rate is that of the fastest, at most 60.

## HEIC and AVIF

Stills in HEIC, HEIF and AVIF are inputs as other pictures are, and may be watermarks. FFmpeg 7.1 alone takes one tile for the picture and leaves
out transparency and turns, so Airlock reads these files in memory-safe code, makes a movie of the tiles and decodes
it in a cell of its own; the job reads the PNG that comes out.

- Tiles (as phones write them), transparency, rotation, mirroring and cuts are applied; more than 8 bits are kept unless there is transparency.
- The primary picture counts. Thumbnails, depth and gain maps, Exif and colour profiles (ICC) are left out; colours described by numbers are kept.
- Refused with the reason: sequences (they hold a movie; send a video), overlays of several pictures, tiles that are not alike, encrypted
  pictures, other codecs than AV1 and HEVC, and data in other files or in pieces.
- An FFmpeg without a decoder for AV1 (dav1d or libaom) or HEVC refuses such files at the confirm, and says that it does not decode them.

## Limits

| | |
| --- | --- |
| Streams of an input | ${INPUT_LIMITS.maxStreams} |
| Pixels of a frame | ${INPUT_LIMITS.maxPixels} (8192×4352), at most ${INPUT_LIMITS.maxSide} a side |
| Frames a second of an input | ${INPUT_LIMITS.maxFrameRate} |
| Duration of an input | ${INPUT_LIMITS.maxDurationSeconds / 3600} hours |
| Duration of an output | ${MAX_OUTPUT_SECONDS / 3600} hours |
| Size of an output | ${MAX_OUTPUT_BYTES} bytes |
`;
}

function formatRow(format: OutputFormat): string[] {
  const { muxer, video, audio } = FORMAT_DEFAULTS[format];
  return [
    code(format),
    code(OUTPUT_CONTENT_TYPES[format]),
    formatKind(format) === 'image' ? '' : code(muxer),
    video ? code(video) : 'none',
    audio ? code(audio) : 'none',
    NOTES[format] ?? '',
  ];
}

function qualityTable(
  kind: StreamKind,
  settings: (encoder: string, quality: (typeof QUALITIES)[number]) => string[],
): string {
  const rows = ENCODERS.filter((encoder) => encoder.kind === kind && settings(encoder.name, 'medium').length > 0).map(
    ({ name }) => [code(name), ...QUALITIES.map((quality) => code(settings(name, quality).join(' ')))],
  );
  return table([kind === 'video' ? 'Video encoder' : 'Audio encoder', ...QUALITIES], rows);
}
