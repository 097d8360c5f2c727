import { readFile, stat } from 'node:fs/promises';
import { openMedia } from '../../attempt/media/open-media.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { stageSource } from '../../attempt/sources/stage-source.ts';
import { JobFailure } from '../../contract/failures.ts';
import {
  ASSET_BYTES,
  type AssetContent,
  type AssetKind,
  type AssetRequest,
  checkFont,
  checkInput,
  checkLut,
  checkSubtitles,
  detectMedia,
  type MediaInfo,
  type PlanAsset,
  SUBTITLE_DEMUXERS,
} from '../../ffmpeg/index.ts';
import { type Claim, type ClaimedSource, sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { PreparedInput } from './inputs.ts';

/** A file that a filter or overlay names, staged and identified. */
export interface PreparedAsset {
  /** Host path of the file that FFmpeg reads. */
  file: string;
  /** Host path of the original file. */
  source: string;
  plan: PlanAsset;
}

const WORDS: Readonly<Record<AssetKind, string>> = {
  subtitle: 'subtitle file',
  lut: 'LUT file',
  font: 'font file',
  picture: 'picture',
  media: 'media file',
};

/**
 * Stages every asset of the request. Returns host paths in the order of the request, and null for assets that are inputs of the job. Needs
 * no slot. Throws `JobFailure` with the name of the field.
 */
export async function stageAssets({ tools, run, request: opened }: TranscodeAttempt): Promise<(string | null)[]> {
  const { claim, folder, signal, disk } = run;
  const files: (string | null)[] = [];
  for (const [index, request] of opened.assets.entries()) {
    if (request.source.type === 'input') {
      files.push(null);
      continue;
    }
    const maxBytes = isReadIntoMemory(request.kind) ? ASSET_BYTES[request.kind] : undefined;
    const row = sourceRow(claim.job, rowOf(claim, request, index));
    const options = { folder, signal, disk, subject: subjectOf(request), ...(maxBytes !== undefined && { maxBytes }) };
    files.push(await stageSource(tools, row, options));
  }
  return files;
}

/**
 * Identifies every asset of the request. Returns the assets in the order of the request. An asset that is an input of the job is already in
 * the cell, so only its use is checked, and null is returned for it. Throws `JobFailure` with the name of the field.
 */
export async function prepareAssets(
  attempt: TranscodeAttempt,
  staged: { files: readonly (string | null)[]; inputs: readonly PreparedInput[] },
  slot: number,
): Promise<(PreparedAsset | null)[]> {
  const { claim } = attempt.run;
  const prepared: (PreparedAsset | null)[] = [];
  for (const [index, request] of attempt.request.assets.entries()) {
    const subject = subjectOf(request);
    if (request.source.type === 'input') {
      const input = staged.inputs[request.source.index];
      if (!input) throw new JobFailure('option_refused', `${subject} is not an input of the job.`);
      await checkUse(request.kind, input, `${subject} (input ${request.source.index + 1})`);
      prepared.push(null);
      continue;
    }
    const row = rowOf(claim, request, index);
    const file = staged.files[index]!;
    const found = await understand(attempt, { row, kind: request.kind, file, subject, slot });
    const { extension, demuxer, info } = found;
    prepared.push({
      file: found.file,
      source: file,
      plan: { kind: request.kind, path: `/in/asset-${index}.${extension}`, demuxer, info },
    });
  }
  return prepared;
}

function subjectOf(request: AssetRequest): string {
  return `The ${WORDS[request.kind]} of ${request.field}`;
}

function rowOf(claim: Claim, request: AssetRequest, index: number): ClaimedSource {
  const row = claim.assets.find((asset) => asset.position === claim.inputs.length + index);
  // The same parser created this row from the same text, unless an update of Airlock changed the parser in between.
  if (row?.kind !== request.kind)
    throw new JobFailure('option_refused', `${subjectOf(request)} has changed since the job was accepted.`);
  return row;
}

type InMemoryKind = keyof typeof ASSET_BYTES;

function isReadIntoMemory(kind: AssetKind): kind is InMemoryKind {
  return Object.hasOwn(ASSET_BYTES, kind);
}

interface Understood {
  /** Host path of the remuxed container if there is one, otherwise of the file. */
  file: string;
  extension: string;
  demuxer: string | null;
  info: MediaInfo | null;
}

async function understand(
  { tools, run, request }: TranscodeAttempt,
  asset: { row: ClaimedSource; kind: AssetKind; file: string; subject: string; slot: number },
): Promise<Understood> {
  const { row, kind, file, subject, slot } = asset;
  if (isReadIntoMemory(kind)) return readIntoMemory(kind, file, subject);
  const known = knownInfo(inspectionJson.readOrNull(row.probe));
  const name = `asset-${row.position}`;
  const { folder, signal, disk } = run;
  const common = { folder, signal, disk, slot, disarm: request.disarm };
  const probed = await openMedia(tools, file, { ...common, name, subject, known, check: false });
  checkMedia(kind, probed.demuxer, probed.info, subject);
  // The demuxer is forced, so the file name has no effect.
  const { demuxer, info } = probed;
  return { file: probed.file, extension: kind === 'picture' ? 'img' : 'bin', demuxer, info };
}

async function readIntoMemory(kind: InMemoryKind, file: string, subject: string): Promise<Understood> {
  const { size } = await stat(file);
  if (size > ASSET_BYTES[kind]) {
    throw new JobFailure('source_too_large', `${subject} is larger than the limit of ${ASSET_BYTES[kind]} bytes.`);
  }
  const { head } = await readHead(file);
  const demuxer = kind === 'subtitle' ? ((await detectMedia(head))?.demuxer ?? null) : null;
  const content = identify(kind, await readFile(file), demuxer);
  if (!content.ok) throw new JobFailure('asset_invalid', `${subject} ${content.reason}.`);
  return { file, extension: content.extension, demuxer, info: null };
}

function identify(kind: InMemoryKind, bytes: Buffer, demuxer: string | null): AssetContent {
  if (kind === 'lut') return checkLut(bytes);
  if (kind === 'font') return checkFont(bytes);
  if (demuxer === null || !SUBTITLE_DEMUXERS.includes(demuxer)) {
    return { ok: false, reason: 'is neither SRT nor WebVTT nor ASS' };
  }
  return checkSubtitles(bytes, demuxer);
}

/** Checks that an asset that was probed as an input has the kind that the filter needs. */
async function checkUse(kind: AssetKind, input: PreparedInput, subject: string): Promise<void> {
  if (isReadIntoMemory(kind)) await readIntoMemory(kind, input.file, subject);
  else checkMedia(kind, input.demuxer, input.info, subject);
}

function checkMedia(kind: AssetKind, demuxer: string, info: MediaInfo, subject: string): void {
  if (SUBTITLE_DEMUXERS.includes(demuxer)) {
    throw new JobFailure('asset_invalid', `${subject} is a subtitle file.`);
  }
  if (kind === 'picture' && info.video.length === 0) {
    throw new JobFailure('asset_invalid', `${subject} contains no picture.`);
  }
  try {
    checkInput(info);
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    throw new JobFailure(error.code, `${subject}: ${error.message}`, { cause: error });
  }
}
