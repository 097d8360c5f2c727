import { chown, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readAccountAndBytes } from '../../accounts/stored-bytes.ts';
import { JobFailure } from '../../contract/failures.ts';
import { type CellBudget, effectiveLimits, type SpeechSource, speechAudioArgs } from '../../ffmpeg/index.ts';
import type { CappedLimits } from '../cells/cell-limits.ts';
import { type CellInput, runCommand } from '../cells/run-command.ts';
import { sizeOfPlainFile } from '../outputs/store-file.ts';
import type { Run, WorkTools } from '../tools.ts';
import { BYTES_PER_MS } from './voice-activity.ts';

/** Maximum duration of the media in seconds, which is also the maximum duration of an input. The samples of such media have 1.4 GB. */
const MAX_SECONDS = 12 * 3600;
const MEMORY_BYTES = 256 * 2 ** 20;
/** Maximum seconds of CPU time per second of audio. Every measured audio decoder needs less, even on a busy machine. */
const CPU_SHARE = 0.5;
const LEAST_CPU_SECONDS = 120;
const AUDIO = 'audio';

/** A file on this machine with samples of audio. */
export interface Samples {
  path: string;
  ms: number;
}

/**
 * Returns the limits of a cell whose output is not stored. The limits of the machine and of the account apply, but not the account's
 * storage quota.
 */
export async function speechLimits(
  tools: Pick<WorkTools, 'context' | 'settings'>,
  run: Pick<Run, 'claim'>,
  wanted: CellBudget,
): Promise<CappedLimits> {
  const found = await readAccountAndBytes(tools.context.db, run.claim.job.account_id);
  const memoryBytes = Math.min(tools.settings.cellMemoryBytes, wanted.memoryBytes);
  return { ...effectiveLimits({ ...wanted, memoryBytes }, found?.account ?? {}, {}), shortage: null };
}

/**
 * Decodes the audio of a source, in a cell, into a file of the work folder. Damaged parts become silence. Throws `JobFailure` if decoding
 * fails or if there is no audio.
 */
export async function decodeAudio(
  tools: WorkTools,
  run: Run,
  {
    source,
    file,
    slot,
    share,
  }: {
    source: SpeechSource & { seconds: number | null };
    file: CellInput;
    slot: number;
    share?: { from: number; to: number };
  },
): Promise<Samples> {
  const args = speechAudioArgs(source, `/out/${AUDIO}`);
  if (!args)
    throw new JobFailure('no_audio_stream', 'The media has no audio stream, so there is nothing to transcribe.');
  const { part } = source;
  const seconds = part ? part.to - part.from : (source.seconds ?? MAX_SECONDS);
  if (seconds > MAX_SECONDS) throw new JobFailure('too_long', 'The media is longer than twelve hours.');
  // The declared duration can be too short, so a tenth and a minute are added, which cost nothing.
  const expected = Math.ceil((source.seconds === null ? MAX_SECONDS : seconds * 1.1 + 60) * 1000) * BYTES_PER_MS;
  const outputBytes = Math.min(expected, await run.disk.cellBytes());
  const cpuSeconds = Math.ceil(LEAST_CPU_SECONDS + CPU_SHARE * (part?.to ?? seconds));
  const limits = await speechLimits(tools, run, {
    memoryBytes: 1024 * 2 ** 20,
    cpuSeconds,
    wallMs: 4000 * cpuSeconds,
    outputBytes,
  });
  const command = { args, durationSeconds: seconds, memoryBytes: MEMORY_BYTES, outputs: [{ path: `/out/${AUDIO}` }] };
  const result = await runCommand(tools, run, { command, files: [file], slot, limits, ...(share && { share }) });
  try {
    const written = join(result.outputDir, AUDIO);
    const size = await sizeOfPlainFile(written);
    await run.disk.reserve(size);
    const path = join(run.folder, 'speech-audio');
    await rename(written, path);
    // Owned by root, so that the next cell gets a link instead of a copy.
    if (process.getuid?.() === 0) await chown(path, 0, 0);
    return { path, ms: Math.floor(size / BYTES_PER_MS) };
  } finally {
    await result.release();
  }
}
