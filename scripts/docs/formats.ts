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
import { PLAYABLE } from '../../src/ffmpeg/plan/geometry.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_SECONDS } from '../../src/ffmpeg/plan/resources.ts';
import { COPIED_VIDEO_RATE, copiedAudioRate } from '../../src/ffmpeg/policy/encoders/copy-limits.ts';
import {
  audioSettings,
  equalBitRate,
  HIGH_FACTOR,
  LOSSLESS_AUDIO,
  lowestRateCap,
  SMALL_SHORT_SIDE,
  videoSettings,
} from '../../src/ffmpeg/policy/encoders/encoder-settings.ts';
import { ENCODERS, FORMAT_DEFAULTS, type StreamKind } from '../../src/ffmpeg/policy/encoders/encoders.ts';
import { INPUT_LIMITS } from '../../src/ffmpeg/probe/input-limits.ts';
import { code, heading, table } from './markdown.ts';
import { count } from './units.ts';

/** A short side in pixels that is neither small nor 4K, for which the table shows settings that depend on the short side. */
const SHORT_SIDE = 1080;

/** Notes for the rows of the table. */
const NOTES: Partial<Record<OutputFormat, string>> = {
  mp4: 'Index at the front (`+faststart`).',
  mov: 'Index at the front (`+faststart`).',
  avi: 'Constant frame rate.',
  m4a: 'Index at the front (`+faststart`).',
  wav: '24 bits if the source has more than 16.',
  flac: '16 bits. 24 bits if the source has more than 16.',
  jpg: 'One picture. Transparent parts become white.',
  png: 'One picture. Keeps transparency.',
  gif: 'At most 15 frames per second (10 for `low`). An animated GIF keeps up to 50. At most 640 pixels wide, unless the request sets a resolution, `options` or `filters`.',
  webp: 'One picture. An animated GIF stays animated.',
};

export function formatsPage(): string {
  return [
    formatsSection(),
    qualitySection(),
    DEFAULTS,
    FRAME_TIMES,
    copyingSection(),
    uploadTypesSection(),
    HEIC_AND_AVIF,
    limitsSection(),
  ].join('\n');
}

function formatsSection(): string {
  return `${heading('Output formats', 'src/ffmpeg/policy/encoders/encoders.ts and src/ffmpeg/policy/encoders/encoder-settings.ts')}
Set \`output_format\` to one of these formats. The table shows the encoders that Airlock uses if your request doesn't name an encoder.
[Thumbnails and sprites](stills.md), [ladders](ladders.md) and [captions](transcription.md) have further formats.

${table(['Format', 'Content type', 'Container', 'Video', 'Audio', 'Notes'], OUTPUT_FORMATS.map(formatRow))}
`;
}

const ratio = (thousandth: number) => (thousandth / 1000).toFixed(1);
const megabits = (bitRate: number) => `${(bitRate / 1e6).toFixed(1)} Mbit/s`;

function qualitySection(): string {
  return `## Quality

\`preset.quality\` is \`high\`, \`medium\` (the default) or \`low\`. The tables show the FFmpeg arguments of each quality for a frame
whose short side is ${SHORT_SIDE}. If the short side is at most ${SMALL_SHORT_SIDE}, x264 uses the slower preset \`fast\`, and VP9 uses \`-cpu-used 6\`. The bit
rates of AAC and Opus are for stereo. Mono audio gets half the bit rate.

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

If the bit rate of the source's video is known, outputs of x264, x265, VP8 and VP9 have a maximum bit rate. For VP8 and VP9, it is also the
value of \`-b:v\`.

- The maximum is usually the source's bit rate, so the video doesn't grow.
- If the source is HEVC, VP9 or AV1, and the output has another codec, the maximum is higher. It is ${ratio(equalBitRate(1000, 'hevc', 'libx264', 'medium'))} times the bit rate
  of an HEVC or VP9 source, and ${ratio(equalBitRate(1000, 'av1', 'libx264', 'medium'))} times the bit rate of an AV1 source.
- The maximum is at least one bit per second and pixel of a 16:9 frame: ${megabits(lowestRateCap(1080, 'medium'))} for 1080 lines, and ${megabits(lowestRateCap(720, 'medium'))} for 720
  lines. This keeps scrolling text sharp in screen recordings, whose average bit rate is low.
- For \`high\`, this minimum and the higher maximums for other codecs are multiplied by ${HIGH_FACTOR}.

Key frames of encoded video are at most five seconds apart. Airlock doesn't set them if your options contain \`-g\`, \`-keyint_min\`,
\`-force_key_frames\`, \`-intra-refresh\`, or encoder parameters for key frames such as \`keyint\`.

${qualityTable('audio', (encoder, quality) => audioSettings(encoder, quality, null))}

${LOSSLESS_AUDIO.map(code).join(', ')} are lossless, so quality has no effect on them.
`;
}

const DEFAULTS = `## Defaults

- **Resolution.** \`preset.resolution\` is the short side of the frame: \`480p\`, \`720p\`, \`1080p\` or \`4k\` (2160). Airlock keeps the aspect ratio and the
  orientation, makes the sides of a video even, and never scales up. Audio formats ignore \`preset.resolution\`. If you don't set a size, Airlock
  scales a video of photos down to at most ${PLAYABLE.long} × ${PLAYABLE.short} pixels, so that players can play it. A source video keeps its size, even if it is larger.
- **Streams.** The output contains one video stream and one audio stream. Airlock prefers streams that the file
  enables and marks as default. If several streams remain, it uses the largest video and the first audio. Airlock uses a still picture, a
  commentary, or a version for people with impaired hearing or sight only if there is no other stream. In a transport stream with several programs, the
  audio comes from the program of the video, if this program has audio. The audio stream keeps its language. If a request with \`options\` or \`filters\` has several inputs, the output contains the
  largest of these video streams, and the one of these audio streams with the most channels. Pictures can show cover art if an input has no other
  video. Airlock drops data streams and tags. To select other streams, use \`-map\`.
- **Pictures.** Airlock applies the rotation of a video and the Exif orientation of a JPEG, PNG or WebP. It deinterlaces frames that are
  marked as interlaced, and [interlaced frames without a mark](#interlaced-video). If the size of a video changes, Airlock fits all frames
  into the size of the first frame, with bars. It tone-maps HDR to SDR, unless the encoder keeps more than 8 bits (x265, AV1 and ProRes).
  If the request has no \`options\`, Airlock also makes non-square pixels square. [Colors](colour.md) lists all conversions of colors.
- **Chapters.** Outputs in \`mp4\`, \`mov\`, \`m4a\`, \`mkv\` and \`webm\` keep up to 255 chapters of a single MP4, MOV, MKV or WebM
  input, with their times and titles. If the output lacks chapters, the job has a warning. To drop chapters without a warning, use
  \`-map_chapters -1\`.
- **Subtitles.** Outputs in \`mp4\`, \`mov\`, \`mkv\` and \`webm\` keep the text subtitles of a single MP4, MOV, MKV or WebM input, with
  their languages. Airlock doesn't keep them if the request trims the input, changes its speed, or uses \`-map\` or a filter graph. It
  reads SubRip, WebVTT and ASS in MKV and WebM, and timed text in MP4 and MOV. The text must be in UTF-8. Airlock keeps at most 8 subtitle
  tracks and 16 MB of text per input, and 16 kB per subtitle. Only \`mkv\` keeps the styles of ASS. Airlock drops the drawings, comments,
  names of speakers and fonts of ASS. In \`mp4\` and \`mov\`, a subtitle ends when the next subtitle begins. If the output lacks
  subtitles, the job has a warning. To drop subtitles without a warning, use \`-sn\`.
- **Audio.** If the request has no \`options\`, surround sound becomes stereo, unless the encoder is lossless. If Airlock mixes sound
  down, a limiter keeps its peaks below -5 dBTP for Opus, -4 dBTP for other lossy encoders, and -2 dBTP for lossless encoders. The limits
  leave headroom because lossy encoders raise the peaks of loud noise by up to 4.9 dB. The limiter doesn't change quieter sound. Sound
  with more than 8 channels becomes stereo, unless the encoder is PCM. If the source has more than 48 kHz, lossy encoders use 48 kHz, or
  44.1 kHz for multiples of 44.1 kHz. Picture formats drop the audio.
- **Gaps and late starts.** In formats whose players ignore the times of audio packets (\`mp3\`, \`m4a\`, \`aac\`, \`wav\`, \`ogg\`,
  \`opus\`, \`flac\`, \`avi\`, and PCM in \`mov\`), Airlock fills the gaps of the source, and the time before its first sample, with
  silence. It doesn't fill gaps of less than 0.1 seconds. Except in joins and ladders, it doesn't fill late starts of less than 0.02
  seconds. Your own filters receive the filled sound. In \`avi\`, the delay of the MP3 encoder replaces the first 1105 samples of the
  sound, which are 23 milliseconds at 48 kHz.
- **Damaged inputs.** If FFmpeg reports damage or the file is truncated, and the output is shorter than its source, a warning of the job
  states the missing seconds. If more than half of the source is missing, the output fails with \`invalid_media\`. For a thumbnail,
  sprite, preview or filtered video of a truncated file, the warning states no seconds. Transport streams and Ogg files declare no length,
  so Airlock can't detect that their end is missing.
- **Stills.** A picture of a video shows the video at one second. If the video is shorter than ten seconds, the picture shows the video at a
  tenth of its duration. To choose another time, use [\`still\`](stills.md).
- **Joining.** If a request has several inputs, no \`options\` and no \`filters\`, Airlock joins the inputs one after the other. The preset or the
  first input sets the frame size, and Airlock fits the other inputs into it with bars. Missing audio becomes silence. The output has the highest
  [frame rate](#frame-times) of the inputs, up to 60. Pictures show only the first input.
`;

const FRAME_TIMES = `## Interlaced video

Airlock deinterlaces frames that are marked as interlaced. Many files contain interlaced frames or telecined film without a mark. Before
Airlock encodes such a file, it compares some of its frames:

- **Compared files.** The video has 480, 486, 576, 1080 or 1088 lines, and a constant rate of 25 to 30 frames per second. It has no
  rotation and no HDR. Cameras, discs or broadcasts use its codec, such as H.264, MPEG-2, DV or ProRes. If a job makes only pictures,
  Airlock doesn't compare HD video.
- **Interlaced frames without a mark.** Airlock deinterlaces all frames of the input, and the job has a warning.
- **Telecined film.** Airlock restores the frames of the film, even if they are marked as interlaced. The output has four fifths of the
  frame rate: 23.976 instead of 29.97. The job has a warning. For pictures, and for videos that are only partly telecined, Airlock
  deinterlaces the frames instead.
- **Unclear files.** If the compared frames hardly move or are ambiguous, Airlock changes nothing. To deinterlace such a file, add a
  filter such as \`-vf bwdif\`.

If your request copies the video, or if one of its filters processes fields, Airlock changes nothing. For example, \`-vf setfield=prog\` keeps
all frames as they are.

## Frame times

Airlock reads the time of each frame of your video. It accepts any frame rate, and ignores a declared rate that is implausible.

- **Own times.** In \`mp4\`, \`mov\`, \`webm\` and \`mkv\`, each frame keeps its time to within one millisecond. This also applies if the source has
  no constant frame rate, such as a phone video or a browser recording. The options \`-r\`, \`-fpsmax\`, \`-fps_mode\` and \`-enc_time_base\`
  turn this off. The encoder \`mpeg4\` also turns it off. If the frame rate of the output is constant, Airlock ignores \`-enc_time_base\`.
- **Constant rate.** AVI, ladders, joins, GIFs and previews have a constant frame rate. Only a GIF of an animated picture keeps its frame times, up
  to 50 frames per second. Airlock uses the frame rate of the source while its picture changes. For example, the output of a screen recording
  with long pauses and bursts of 60 frames per second has 60 frames per second, even if the average is much lower.
- **Maximum.** An output has at most 60 frames per second. The maximum is 120 if the request has \`options\`, or a filter that sets the
  frame rate.
- **Joined captures.** If the clock of a transport stream jumps by more than ten seconds, Airlock removes the jump.
`;

function copyingSection(): string {
  return `## Copying

If your request has no \`options\` and no \`filters\`, Airlock copies a stream that already satisfies the request instead of encoding it. A copy
takes about a fiftieth of the time, and loses no quality. The job's \`outputs[].plan\` shows whether Airlock copied the video and the audio, and
otherwise why not. A copy has every picture, sample and time of its source. If Airlock can't be certain of that, it encodes the stream.
Airlock copies a stream only if all of these conditions are met:

- **Formats.** The request has one input, an MP4 or MOV file, without \`options\`. The output format is one of ${COPYING_FORMATS.map(code).join(', ')}.
  Neither the request nor the account sets \`disarm\`. The video has no \`target\`.
- **Video.** The codec is H.264 in the profile Constrained Baseline, Main or High. The video is progressive, in 8-bit 4:2:0 and limited range,
  and has no HDR, no rotation, no non-square pixels and no captions. The request doesn't change the frame size. The frame rate is at most 120.
  The level is at most 4.1, or the lowest level that the size and the frame rate need. Key frames are at most 11 seconds or at most 250 frames
  apart. No picture refers to a picture before its key frame. The parameters of the codec are the same from start to end. Airlock drops other data
  that the encoder wrote between the pictures.
- **Audio.** The codec is AAC-LC, mono or stereo. The sample rate is 16, 22.05, 24, 32, 44.1 or 48 kHz.
- **Times.** All streams start at zero. If the file has edit lists, they only skip the delay of an encoder.
- **Bit rate.** The bit rate is at most the bit rate in the table, so that \`low\` still creates small files. For other sizes and frame rates, the
  limit scales with the pixels per second to the power of 0.75. For mono audio, the limit is half as high.

${table(['Stream', ...QUALITIES], copyRows())}

If you trim an input, Airlock encodes its streams, because a copy can start only at a key frame. If a start at a key frame is acceptable, add \`-ss\`
to the options of the input, and \`-c copy\` to \`options\`.

To always encode, name an encoder in \`options\`, for example \`-c:v libx264\`. \`POST /v1/transcodes/validate\` doesn't read the packets of an
input, so it shows the command that encodes.
`;
}

function uploadTypesSection(): string {
  return `## Content types of uploads

Set the \`content_type\` of an upload to one of these types. The names in one row mean the same type. If \`content_type\` is an empty string, Airlock
derives the type from the extension of \`filename\`. The response then contains the \`contentType\` that you must send with the \`PUT\`.

${table(['Content type', 'Also accepted', 'Extensions'], uploadTypeRows())}
`;
}

const HEIC_AND_AVIF = `## HEIC and AVIF

You can use HEIC, HEIF and AVIF stills as inputs and as watermarks, like other pictures. FFmpeg 7.1 decodes only one tile of such a file,
and ignores transparency and rotation. Airlock parses these files in memory-safe code, builds a movie of the tiles and decodes the movie in a
separate cell. The job then reads the resulting PNG.

- Airlock supports pictures that consist of tiles, as phones write them. It applies transparency, rotation, mirroring and cropping. It keeps more
  than 8 bits per channel, unless the picture has transparency.
- Airlock uses only the primary picture. It drops thumbnails, depth maps, gain maps, Exif and ICC color profiles. It keeps color
  properties that are described by numbers (\`nclx\`).
- If FFmpeg has no decoder for AV1 (dav1d or libaom) or HEVC, Airlock rejects these files.

Airlock rejects the following files. The error contains the reason:

- Sequences. Send a video or a GIF instead
- Overlays of several pictures
- Tiles with different sizes, codecs or codec configurations, and rotated tiles
- Encrypted pictures
- Codecs other than AV1 and HEVC
- Pictures whose data is in another file, or split into several extents
`;

function limitsSection(): string {
  return `## Limits

| | |
| --- | --- |
| Streams of an input | ${INPUT_LIMITS.maxStreams} |
| Pixels of a frame of an input | ${count(INPUT_LIMITS.maxPixels)} (8192×4352), and at most ${count(INPUT_LIMITS.maxSide)} on each side |
| Duration of an input | ${INPUT_LIMITS.maxDurationSeconds / 3600} hours |
| Duration of an output | ${MAX_OUTPUT_SECONDS / 3600} hours |
| Size of an output that is one file | ${count(MAX_OUTPUT_BYTES)} bytes |
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
