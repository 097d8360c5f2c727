import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { sizeOfPlainFile } from '../../attempt/outputs/store-file.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { LadderPart, LadderRecipe } from '../../ffmpeg/index.ts';
import type { LadderResult } from '../../sanitizer/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { ladderCaptions } from './ladder-captions.ts';
import type { MadeTree, WrittenPieces, WrittenTree } from './made-tree.ts';

/** Share of the size limit. A file of at least this size counts as cut off, because `-fs` stops a little below the limit. */
const CUT_SHARE = 0.98;

/** Number of bytes of an AES-128 key. */
const KEY_BYTES = 16;

/** Directory of the subtitles in a ladder. */
const SUBTITLES = 'subtitles';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  mp4: 'video/mp4',
  m4s: 'video/iso.segment',
  vtt: 'text/vtt',
};

/**
 * Packages the movies that a cell wrote as a ladder, in the work folder of the attempt. Airlock itself writes the playlists and the
 * structure of the segments. Throws `JobFailure` if the movies cannot be packaged.
 */
export async function makeLadder(
  attempt: TranscodeAttempt,
  { folder, planned, assets, pieces, slot }: WrittenTree,
  recipe: LadderRecipe,
): Promise<MadeTree> {
  const { tools, run } = attempt;
  const { segmentSeconds, manifests } = recipe;
  const sources = pieces ? sourcesOfPieces(pieces, recipe) : sourcesIn(folder, recipe);
  let bytes = 0;
  for (const { paths, maxBytes } of [...sources.renditions, ...(sources.audio ? [sources.audio] : [])])
    bytes += await sizeOf(paths, maxBytes);
  await run.disk.reserve(bytes);
  const directory = join(run.folder, `ladder-${planned.position}`);
  const key = recipe.isEncrypted ? randomBytes(KEY_BYTES) : null;
  const frames = pieces && { rate: pieces.rate, frames: pieces.frames };
  const sound = recipe.transcribes ? sources.audio?.paths[0] : undefined;
  const given = recipe.subtitles === undefined ? null : assets[recipe.subtitles]!.file;
  const text = sound ? await ladderCaptions(attempt, { path: sound, slot, position: planned.position }) : given;
  const subtitles = text === null ? null : { path: text, name: SUBTITLES };
  const request = { ...sources, pieces: frames, subtitles, segmentSeconds, manifests, directory, key };
  const result = await tools.sanitizer.packageLadder(
    { ...request, maxFiles: planned.tree.maxFiles },
    bytes,
    run.signal,
  );
  if ('reason' in result) {
    if (result.isEmpty) throw new JobFailure('empty_media', 'FFmpeg decodes no picture, or no audio, of the input.');
    throw new JobFailure('output_invalid', `The output ${result.reason}.`);
  }
  return { directory, contentTypeOf, facts: factsOf(result, recipe), ...(key && { key }) };
}

/** The movies of each rendition of a ladder, and of its audio. */
interface Sources {
  renditions: (LadderRecipe['renditions'][number] & { paths: string[] })[];
  audio: (LadderPart & { paths: string[] }) | null;
}

function sourcesIn(folder: string, { renditions, audio }: LadderRecipe): Sources {
  const pathsOf = ({ path }: LadderPart) => ({ paths: [join(folder, basename(path))] });
  return {
    renditions: renditions.map((part) => ({ ...part, ...pathsOf(part) })),
    audio: audio && { ...audio, ...pathsOf(audio) },
  };
}

function sourcesOfPieces({ pieces, audio: sound }: WrittenPieces, { renditions, audio }: LadderRecipe): Sources {
  return {
    renditions: renditions.map((part, index) => ({ ...part, paths: pieces.map((files) => files[index]!) })),
    audio: audio && { ...audio, paths: sound === null ? [] : [sound] },
  };
}

async function sizeOf(paths: readonly string[], maxBytes: number): Promise<number> {
  let size = 0;
  for (const path of paths) size += await sizeOfPlainFile(path);
  if (size < maxBytes * CUT_SHARE) return size;
  throw new JobFailure('limit_output', `A rendition would be larger than ${Math.floor(maxBytes / 1e6)} MB.`);
}

function factsOf(
  { renditions, durationSeconds }: Exclude<LadderResult, { reason: string }>,
  recipe: LadderRecipe,
): MadeTree['facts'] {
  const [largest] = renditions;
  return {
    duration_seconds: durationSeconds,
    width: largest!.width,
    height: largest!.height,
    video_codec: recipe.renditions[0]!.codec,
    audio_codec: recipe.audio?.codec ?? null,
    renditions: renditions.map(({ width, height, bandwidth, averageBandwidth, codecs, frameRate }) => ({
      ...{ width, height, bandwidth, average_bandwidth: averageBandwidth, codecs },
      frame_rate: Math.round(frameRate * 1000) / 1000,
    })),
    encrypted: recipe.isEncrypted,
  };
}

function contentTypeOf(path: string): string {
  return CONTENT_TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream';
}
