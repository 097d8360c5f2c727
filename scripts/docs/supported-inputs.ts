import { REWRITTEN_CONTAINERS } from '../../src/contract/containers.ts';
import type { FailureCode } from '../../src/contract/failures.ts';
import { CONTENT_TYPE_BY_EXTENSION, mainContentType, UPLOAD_CONTENT_TYPES } from '../../src/contract/formats.ts';
import { SUBTITLE_DEMUXERS } from '../../src/ffmpeg/probe/input-limits.ts';
import { STILL_DEMUXERS } from '../../src/ffmpeg/probe/probe.ts';
import { BY_SIGNATURE } from '../../src/ffmpeg/probe/signature.ts';
import { MOVIE_CODECS } from '../../src/sanitizer/isobmff/movie-facts.ts';
import { MATROSKA_CODECS } from '../../src/sanitizer/matroska/track-facts.ts';
import { FACTS } from './facts.ts';
import { code, heading, table } from './markdown.ts';

/** Names that people use for the files that a demuxer of FFmpeg reads, for demuxers without a name in `REWRITTEN_CONTAINERS`. */
const NAMES: Readonly<Record<string, string>> = {
  avi: 'AVI',
  mpegts: 'MPEG-TS, M2TS',
  mpeg: 'MPEG program stream, VOB',
  mpegvideo: 'MPEG-1 and MPEG-2 video without a container',
  flv: 'FLV',
  jpeg_pipe: 'JPEG',
  png_pipe: 'PNG',
  apng: 'APNG',
  gif: 'GIF',
  webp_pipe: 'WebP',
  srt: 'SRT',
  webvtt: 'WebVTT',
  ass: 'ASS, SSA',
};
/** Content types of the files that `detectMedia` detects by its own rules, by the demuxer of the files. */
const OWN_TYPES: Readonly<Record<string, readonly string[]>> = {
  mpegvideo: ['video/mpeg'],
  srt: ['application/x-subrip'],
  webvtt: ['text/vtt'],
  ass: ['text/x-ass'],
};

interface Rejection {
  file: string;
  code: FailureCode;
  why: string;
}

const REJECTED: readonly Rejection[] = [
  {
    file: 'Playlists and manifests: `.m3u8`, `.mpd`, concat lists, SDP',
    code: 'unsupported_media',
    why: 'They name other files, which FFmpeg would open. Send the media files instead',
  },
  {
    file: 'Vector graphics, documents, archives and programs',
    code: 'unsupported_media',
    why: 'They are not media. Render an SVG as PNG first',
  },
  {
    file: 'MP4, MOV, HEIC and AVIF files whose data is in another file',
    code: 'unsupported_media',
    why: 'Airlock opens only the file that you send. Write a file that contains its data',
  },
  {
    file: 'HEIC and AVIF sequences, and overlays of several pictures',
    code: 'unsupported_media',
    why: 'Airlock reads only the primary picture. Send a video or a GIF',
  },
  { file: 'Animated WebP', code: 'unsupported_media', why: 'FFmpeg cannot decode it. Send a GIF or a video' },
  {
    file: 'Uploads that differ from their declared content type',
    code: 'upload_rejected',
    why: 'Declare the type of the content, or leave `content_type` empty',
  },
  {
    file: 'Files that lack more than half of their media, and files without an index',
    code: 'invalid_media',
    why: 'Upload the complete file',
  },
  { file: 'Files without video, audio or subtitles', code: 'invalid_media', why: 'There is nothing to process' },
  {
    file: 'Encrypted MP4, MOV, MKV and WebM files (DRM)',
    code: 'unsupported_media',
    why: 'Airlock has no key. Send the file without DRM',
  },
  {
    file: 'Encrypted HEIC and AVIF pictures',
    code: 'unsupported_media',
    why: 'Airlock cannot decode them. Send a picture without encryption',
  },
  {
    file: 'With `disarm`, files that Airlock cannot remux',
    code: 'cannot_disarm',
    why: 'Convert them to a container that Airlock remuxes',
  },
];

/** Returns `docs/supported-inputs.md`: the files that a job can read. */
export function supportedInputsPage(): string {
  return `${heading('Supported inputs', 'src/ffmpeg/probe/signature.ts, src/contract and src/sanitizer')}
An input is an upload, a file at a URL, or the output of another job. Airlock detects the type of a file by its first bytes, never by its name,
and FFmpeg can use only the demuxer of this type. Airlock rejects files of other types before FFmpeg reads them. To check a file without a job, send
its URL to [\`POST /v1/probe\`](api/jobs.md#probe).

## Containers

${table(['Files', 'Content types of uploads', 'Extensions', 'Remuxed'], containerRows())}

"Remuxed" means that Airlock rewrites the container in memory-safe code if it can do so without loss. FFmpeg then reads only the new
container. [The sanitizer](security-model/files.md#the-sanitizer) explains how. A job's \`inputs[].container\` shows whether Airlock remuxed the input.

An upload can also declare [other names](formats.md#content-types-of-uploads) of these content types. Types of one container are
interchangeable. For example, a file that is declared as \`video/mp4\` can be a MOV file.

## Codecs

FFmpeg decodes every codec for which the build in use has a decoder. If the build has no decoder for a codec, the job fails with
\`unsupported_codec\`.

Airlock can describe streams with these codecs in memory-safe code. For other codecs and for unusual files, it runs ffprobe in a cell, which takes
longer:

${table(
  ['Container', 'Codecs'],
  [
    ['MP4, MOV, M4A, 3GP', codecs([...Object.values(MOVIE_CODECS), 'aac', 'mp3', 'mpeg4'])],
    ['MKV, WebM', codecs(Object.values(MATROSKA_CODECS))],
  ],
)}

## Pictures

A picture can be an input, a watermark, or a slide. Airlock keeps transparency if the encoder of the output supports it. Animated GIFs are videos.
[HEIC and AVIF](formats.md#heic-and-avif) explains which parts of phone photos Airlock keeps.

## Limits

${table(['What', 'Limit', 'Beyond it'], limitRows())}

A file may declare false numbers, so [the limits of the cell](api/jobs.md#limits-of-a-job) apply as well.

## Rejected files

Airlock inspects an upload when you confirm it. If Airlock rejects the upload, \`POST /v1/upload/confirm\` returns \`400\` with the code
\`upload_type_mismatch\`, and Airlock deletes the upload. A job inspects an [upload that you create with the job](api/uploads.md#uploads-as-inputs). If
Airlock rejects it, the job fails with \`upload_rejected\`. A job also inspects the files that it fetches from URLs. If Airlock rejects one of these
files, the job fails with the code in this table. [Failures](failures.md) explains each code.

${table(
  ['Files', 'Code', 'Why, and what to do'],
  REJECTED.map(({ file, code: one, why }) => [file, code(one), why]),
)}
`;
}

function containerRows(): string[][] {
  const detected = [...Object.values(BY_SIGNATURE), ...ownMedia()];
  const demuxers = [...new Set(detected.map(({ demuxer }) => demuxer))];
  return demuxers.map((demuxer) => {
    const types = [...new Set(detected.filter((one) => one.demuxer === demuxer).map(({ mime }) => mime))];
    const extensions = Object.entries(CONTENT_TYPE_BY_EXTENSION).filter(([, type]) =>
      types.includes(mainContentType(type)),
    );
    const missing = types.filter((type) => !(UPLOAD_CONTENT_TYPES as readonly string[]).includes(type));
    if (missing.length > 0) throw new Error(`No upload can declare ${missing.join(', ')}.`);
    return [
      nameOf(demuxer),
      types.map(code).join(', '),
      extensions.map(([extension]) => code(`.${extension}`)).join(', '),
      demuxer in REWRITTEN_CONTAINERS ? 'yes' : '',
    ];
  });
}

function ownMedia() {
  return Object.entries(OWN_TYPES).flatMap(([demuxer, types]) => types.map((mime) => ({ mime, demuxer })));
}

function nameOf(demuxer: string): string {
  const names: Readonly<Record<string, readonly string[]>> = REWRITTEN_CONTAINERS;
  const name = names[demuxer]?.join(', ') ?? NAMES[demuxer];
  if (!name) throw new Error(`scripts/docs/supported-inputs.ts has no name for the demuxer ${demuxer}.`);
  const kind = STILL_DEMUXERS.includes(demuxer) ? 'picture' : SUBTITLE_DEMUXERS.includes(demuxer) ? 'subtitles' : '';
  return kind ? `${name} (${kind})` : name;
}

function codecs(names: readonly string[]): string {
  return [...new Set(names)].sort().map(code).join(', ');
}

function limitRows(): string[][] {
  const { streams, pixels, side, duration } = FACTS.media.facts;
  return [streams, pixels, side, duration].map(({ what, value, note }) => [what, value, note ?? '']);
}
