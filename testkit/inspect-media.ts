import { open, rm, stat } from 'node:fs/promises';
import { completeInfo } from '../src/attempt/media/complete-info.ts';
import {
  detectMedia,
  type MediaInfo,
  type PlanInput,
  parseProbe,
  probeArgs,
  uprightArgs,
} from '../src/ffmpeg/index.ts';
import { sanitizeFile } from '../src/sanitizer/sanitize-file.ts';
import { run } from './run.ts';

const OPTIONS = { timeout: 60_000, maxBuffer: 16 * 2 ** 20 };

const inspected = new Map<string, Promise<PlanInput>>();

/** Detects and probes a file as the worker does. An unchanged file is not probed again. */
export async function inspect(path: string): Promise<PlanInput> {
  const { ino, size, mtimeMs } = await stat(path);
  const key = [path, ino, size, mtimeMs].join();
  const found = inspected.get(key) ?? inspectFile(path);
  inspected.set(key, found);
  // Returns a copy, so that changes by a plan do not affect other tests.
  return structuredClone(await found);
}

/**
 * Detects and describes a file. The sanitizer's readers describe most files, as in a worker. ffprobe would need a process for each file,
 * which takes 25 ms.
 */
async function inspectFile(path: string): Promise<PlanInput> {
  const detected = await detectMedia(await readHead(path));
  if (!detected) throw new Error(`nothing detected in ${path}`);
  const { demuxer } = detected;
  // The sanitizer writes this file only if it does not describe the media.
  const target = `${path}.container`;
  const read = await sanitizeFile({ path, demuxer, target, mediaBytes: 0, unlessDescribed: true });
  await rm(target, { force: true });
  const { turns = [] } = read.corrections;
  const info = completeInfo(read.info ?? (await probe(path, demuxer)), read.corrections);
  const isUpright = turns.length === 0;
  if (isUpright || demuxer === 'jpeg_pipe') return { path, demuxer, info, countedSeconds: read.seconds };
  const upright = `${path}.upright.png`;
  await run('ffmpeg', uprightArgs({ demuxer, turns }, path, upright), OPTIONS);
  return inspectFile(upright);
}

async function probe(path: string, demuxer: string): Promise<MediaInfo> {
  const { stdout } = await run('ffprobe', probeArgs({ path, demuxer }), OPTIONS);
  return parseProbe(stdout, { sizeBytes: (await stat(path)).size, demuxer });
}

export async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(65_536);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
