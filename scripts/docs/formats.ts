import {
  CONTENT_TYPE_BY_EXTENSION,
  formatKind,
  mainContentType,
  OUTPUT_CONTENT_TYPES,
  OUTPUT_FORMATS,
  type OutputFormat,
  QUALITIES,
  UPLOAD_CONTENT_TYPES,
} from '../../src/contract/formats.ts';
import { COPYING_FORMATS } from '../../src/ffmpeg/plan/copy/plan-copies.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_SECONDS } from '../../src/ffmpeg/plan/resources.ts';
import { COPIED_VIDEO_RATE, copiedAudioRate } from '../../src/ffmpeg/policy/encoders/copy-limits.ts';
import {
  audioSettings,
  LOSSLESS_AUDIO,
  SMALL_SHORT_SIDE,
  videoSettings,
} from '../../src/ffmpeg/policy/encoders/encoder-settings.ts';
import { ENCODERS, FORMAT_DEFAULTS, type StreamKind } from '../../src/ffmpeg/policy/encoders/encoders.ts';
import { INPUT_LIMITS } from '../../src/ffmpeg/probe/input-limits.ts';
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
  return [
    formatsSection(),
    qualitySection(),
    DEFAULTS,
    copyingSection(),
    uploadTypesSection(),
    HEIC_AND_AVIF,
    limitsSection(),
  ].join('\n');
}

function formatsSection(): string {
  return `${heading('Output formats', 'src/ffmpeg/policy/encoders/encoders.ts and src/ffmpeg/policy/encoders/encoder-settings.ts')}
\`output_format\` is one of these. The table shows the encoders used when the request names none.

${table(['Format', 'Content type', 'Container', 'Video', 'Audio', 'Notes'], OUTPUT_FORMATS.map(formatRow))}
`;
}

function qualitySection(): string {
  return `## Quality

\`preset.quality\` is \`high\`, \`medium\` (the default) or \`low\`. The tables show its FFmpeg arguments for a frame with a short
side of ${SHORT_SIDE}. Up to ${SMALL_SHORT_SIDE}, x264 uses the slower preset \`fast\` and VP9 \`-cpu-used 6\`. If the bit rate of the source's
video is known, x264, x265, VP8 and VP9 do not exceed it, so that no video grows. A mono source gets half the audio bit rate.

${qualityTable('video', (encoder, quality) =>
  videoSettings({
    encoder,
    quality,
    shortSide: SHORT_SIDE,
    sourceBitRate: null,
    durationSeconds: null,
    stated: new Set(),
  }),
)}

${qualityTable('audio', (encoder, quality) => audioSettings(encoder, quality, null))}

${LOSSLESS_AUDIO.map(code).join(', ')} are lossless, so quality has no effect on them.
`;
}

const DEFAULTS = `## Defaults

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
`;

function copyingSection(): string {
  return `## Copying

Without \`options\` and \`filters\`, a stream that already satisfies the request is copied instead of encoded: it takes a fiftieth of
the time, and loses no quality. \`outputs[].plan\` of the job says for video and audio whether they were copied, and if not, why.
A copy has every picture, sample and time of its source. Where that is not certain, the stream is encoded.

- **Formats.** One input that is an MP4 or MOV file, to ${COPYING_FORMATS.map(code).join(', ')}, whole. \`disarm\` excludes copying.
- **Video.** H.264 in the profiles Constrained Baseline, Main or High, progressive, 8-bit 4:2:0 in limited range, without HDR, rotation or
  non-square pixels, of a size that stays; a level up to 4.1, or the lowest for its size and rate; a key frame at least every 10 seconds
  or 250 frames, and no picture that refers to one before it; the same parameters from start to end; no captions. What the encoder wrote
  beside the pictures is dropped.
- **Audio.** AAC-LC, mono or stereo, at 16 to 48 kHz.
- **Times.** All streams start at zero, and an edit list does nothing but skip the delay of an encoder.
- **Bit rate.** At most as in the table, so that \`low\` still makes files small. Other sizes and rates of video scale with the pixels per
  second to the power of 0.75; mono audio has half.

${table(['Stream', ...QUALITIES], copyRows())}

A trim is encoded, because a copy can start only at a key frame. Where that is acceptable, ask for it: \`-ss\` before the input, and
\`-c copy\` in \`options\`.

To encode in any case, name an encoder in \`options\`, for example \`-c:v libx264\`. \`POST /v1/transcodes/validate\` does not read the
packets of an input, so it shows the command that encodes.
`;
}

function uploadTypesSection(): string {
  return `## Content types of uploads

Set \`content_type\` of an upload to one of these types. Names in one row mean the same type. If \`content_type\` is empty, Airlock uses the
extension of \`filename\`. The response then contains the \`contentType\` that you must send with the \`PUT\`.

${table(['Content type', 'Also accepted', 'Extensions'], uploadTypeRows())}
`;
}

const HEIC_AND_AVIF = `## HEIC and AVIF

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
`;

function limitsSection(): string {
  return `## Limits

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

function copyRows(): string[][] {
  const rate = (bits: number) => `${bits / 1000} kbit/s`;
  return [
    ['H.264, 1920x1080 at 30 frames', ...QUALITIES.map((quality) => rate(COPIED_VIDEO_RATE[quality]))],
    ['AAC, stereo', ...QUALITIES.map((quality) => rate(copiedAudioRate(quality, 2)))],
  ];
}

function uploadTypeRows(): string[][] {
  const types = [...new Set(UPLOAD_CONTENT_TYPES.map(mainContentType))];
  const list = (texts: readonly string[]) => texts.map(code).join(', ');
  return types.map((type) => [
    code(type),
    list(UPLOAD_CONTENT_TYPES.filter((other) => other !== type && mainContentType(other) === type)),
    list(
      Object.entries(CONTENT_TYPE_BY_EXTENSION)
        .filter(([, other]) => mainContentType(other) === type)
        .map(([extension]) => `.${extension}`),
    ),
  ]);
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
