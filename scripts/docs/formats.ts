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

/** Notes for the table. */
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
\`outputFormat\` is one of these. The table shows the encoders used when the request names none.

${table(['Format', 'Content type', 'Container', 'Video', 'Audio', 'Notes'], OUTPUT_FORMATS.map(formatRow))}

## Quality

\`preset.quality\` is \`high\`, \`medium\` (the default) or \`low\`. The tables show its FFmpeg arguments for a frame with a short
side of ${SHORT_SIDE}. Up to 480, x264 uses the slower preset \`fast\` and VP9 \`-cpu-used 6\`. If the bit rate of the source's
video is known, x264, x265, VP8 and VP9 never exceed it. A mono source gets half the audio bit rate.

${qualityTable('video', (encoder, quality) =>
  videoSettings({ encoder, quality, shortSide: SHORT_SIDE, sourceBitRate: null, stated: new Set() }),
)}

${qualityTable('audio', (encoder, quality) => audioSettings(encoder, quality, null))}

${LOSSLESS_AUDIO.map(code).join(', ')} are lossless, so quality has no effect on them.

## Defaults

- **Resolution.** \`preset.resolution\` is the short side of the frame: 480, 720, 1080 or 2160 (\`4k\`). The aspect ratio and the
  orientation are kept, sides of videos are even, and nothing is scaled up. Audio formats ignore it.
- **Streams.** The output has the first video stream that is not cover art and the default (or first) audio stream, with its
  language. Subtitles, data streams, chapters and tags are dropped. \`-map\` selects other streams.
- **Pictures.** Rotation is applied, interlaced video is deinterlaced, and non-square pixels become square. HDR is tone-mapped
  to SDR unless the target keeps more than 8 bits (x265, AV1 and ProRes do).
- **Audio.** Surround becomes stereo unless the encoder is lossless. A format without audio drops it.
- **Stills.** A still of a video shows the picture at one second, or at a tenth of a shorter video.
- **Joining.** Several inputs without \`options\` are joined one after the other. The first sets the frame size, the others are
  fitted into it with bars, missing audio becomes silence, and the highest frame rate applies, at most 60.

## HEIC and AVIF

Stills in HEIC, HEIF and AVIF can be inputs and watermarks like other pictures. FFmpeg 7.1 alone decodes only one tile and ignores
transparency and rotation. Airlock therefore parses these files in memory-safe code, builds a movie of the tiles and decodes
it in a separate cell; the job reads the resulting PNG.

- Tiles (as phones write them), transparency, rotation, mirroring and cropping are applied. More than 8 bits are kept unless
  there is transparency.
- Only the primary picture is used. Thumbnails, depth and gain maps, Exif and colour profiles (ICC) are dropped; colours
  described by numbers are kept.
- Rejected, with the reason: sequences (send a video instead), overlays of several pictures, tiles that differ, encrypted
  pictures, codecs other than AV1 and HEVC, and data in other files or in pieces.
- Without a decoder for AV1 (dav1d or libaom) or HEVC in FFmpeg, the confirm rejects such files and says so.

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
