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

/** A short side in pixels that is neither small nor 4K, for which the table shows settings that depend on the short side. */
const SHORT_SIDE = 1080;

/** Notes for the rows of the table. */
const NOTES: Partial<Record<OutputFormat, string>> = {
  mp4: 'Index at the front (`+faststart`).',
  mov: 'Index at the front (`+faststart`).',
  avi: 'Constant frame rate.',
  m4a: 'Index at the front (`+faststart`).',
  wav: '24 bits if the source has more than 16.',
  flac: '16 bits. 24 bits in 32-bit samples if the source has more than 16.',
  jpg: 'One picture. Transparent parts become white.',
  png: 'One picture.',
  gif: 'At most 15 frames per second (10 for `low`). At most 640 pixels wide, unless you set a size.',
  webp: 'One picture. An animated GIF stays animated.',
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
Set \`output_format\` to one of these formats. The table shows the encoders that Airlock uses if your request names none.

${table(['Format', 'Content type', 'Container', 'Video', 'Audio', 'Notes'], OUTPUT_FORMATS.map(formatRow))}
`;
}

function qualitySection(): string {
  return `## Quality

\`preset.quality\` is \`high\`, \`medium\` (the default) or \`low\`. The tables show the FFmpeg arguments of each quality for a frame
whose short side is ${SHORT_SIDE}. Up to a short side of ${SMALL_SHORT_SIDE}, x264 uses the slower preset \`fast\`, and VP9 uses \`-cpu-used 6\`. If the bit rate
of the source's video is known, x264, x265, VP8 and VP9 don't exceed it, so the video doesn't grow. A mono source gets half the audio bit rate.

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

- **Resolution.** \`preset.resolution\` is the short side of the frame: 480, 720, 1080 or 2160 (\`4k\`). Airlock keeps the aspect ratio and the
  orientation, makes the sides of a video even, and never scales up. Audio formats ignore \`preset.resolution\`.
- **Streams.** The output contains the first video stream that isn't cover art, and the default (or first) audio stream with its language.
  Airlock drops subtitles, data streams, chapters and tags. To select other streams, use \`-map\`.
- **Pictures.** Airlock applies the rotation, deinterlaces interlaced video, and makes non-square pixels square. It tone-maps HDR to SDR,
  unless the encoder keeps more than 8 bits (x265, AV1 and ProRes).
- **Audio.** Surround sound becomes stereo, unless the encoder is lossless. A format without audio drops the sound.
- **Stills.** A still of a video shows the picture at one second. If the video is shorter than ten seconds, the still shows the picture at a
  tenth of its duration.
- **Joining.** Airlock joins several inputs without \`options\` one after the other. The first input sets the frame size, and Airlock fits the
  other inputs into it with bars. Missing audio becomes silence. The output has the highest frame rate of the inputs, up to 60.
`;

function copyingSection(): string {
  return `## Copying

If your request has no \`options\` and no \`filters\`, Airlock copies a stream that already satisfies the request instead of encoding it. A copy
takes a fiftieth of the time and loses no quality. The job's \`outputs[].plan\` shows whether Airlock copied the video and the audio, and
otherwise why not. A copy has every picture, sample and time of its source. If Airlock can't be certain of that, it encodes the stream.
Airlock copies a stream only if all of these conditions are met:

- **Formats.** The request has one input, an MP4 or MOV file, without a trim. The output format is one of ${COPYING_FORMATS.map(code).join(', ')}. The request
  doesn't set \`disarm\`.
- **Video.** The codec is H.264 in the profile Constrained Baseline, Main or High. The video is progressive, in 8-bit 4:2:0 and limited range,
  and has no HDR, no rotation, no non-square pixels and no captions. The size stays the same. The level is up to 4.1, or the lowest level for
  the size and frame rate. There is a key frame at least every 10 seconds or 250 frames, and no picture refers to a picture before its key
  frame. The parameters are the same from start to end. Airlock drops other data that the encoder wrote between the pictures.
- **Audio.** The codec is AAC-LC, mono or stereo, at 16 to 48 kHz.
- **Times.** All streams start at zero. An edit list only skips the delay of an encoder.
- **Bit rate.** The bit rate is at most the bit rate in the table, so that \`low\` still makes small files. For other sizes and frame rates, the limit
  scales with the pixels per second to the power of 0.75. Mono audio has half the limit.

${table(['Stream', ...QUALITIES], copyRows())}

Airlock encodes a trimmed stream, because a copy can start only at a key frame. If a start at a key frame is acceptable, add \`-ss\` to the
options of the input, and \`-c copy\` to \`options\`.

To always encode, name an encoder in \`options\`, for example \`-c:v libx264\`. \`POST /v1/transcodes/validate\` doesn't read the packets of an
input, so it shows the command that encodes.
`;
}

function uploadTypesSection(): string {
  return `## Content types of uploads

Set the \`content_type\` of an upload to one of these types. The names in one row mean the same type. If \`content_type\` is empty, Airlock uses the
extension of \`filename\`. The response then contains the \`contentType\` that you must send with the \`PUT\`.

${table(['Content type', 'Also accepted', 'Extensions'], uploadTypeRows())}
`;
}

const HEIC_AND_AVIF = `## HEIC and AVIF

You can use stills in HEIC, HEIF and AVIF as inputs and as watermarks, like other pictures. FFmpeg 7.1 decodes only one tile of such a file,
and ignores transparency and rotation. Airlock parses these files in memory-safe code, builds a movie of the tiles and decodes the movie in a
separate cell. The job then reads the resulting PNG.

- Airlock supports tiles, as phones write them, and applies transparency, rotation, mirroring and cropping. It keeps more than 8 bits, unless
  the picture has transparency.
- Airlock uses only the primary picture. It drops thumbnails, depth maps, gain maps, Exif and ICC color profiles. It keeps colors that are
  described by numbers.
- Airlock rejects sequences (send a video instead), overlays of several pictures, tiles that differ, encrypted pictures, codecs other than AV1
  and HEVC, and data in other files or in pieces. The error contains the reason.
- If FFmpeg has no decoder for AV1 (dav1d or libaom) or HEVC, the confirm request rejects these files with that reason.
`;

function limitsSection(): string {
  return `## Limits

| | |
| --- | --- |
| Streams of an input | ${INPUT_LIMITS.maxStreams} |
| Pixels of a frame | ${INPUT_LIMITS.maxPixels} (8192×4352), at most ${INPUT_LIMITS.maxSide} on each side |
| Frames per second of an input | ${INPUT_LIMITS.maxFrameRate} |
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
