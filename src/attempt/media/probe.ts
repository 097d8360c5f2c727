import { JobFailure } from '../../contract/failures.ts';
import {
  checkInput,
  detectMedia,
  type MediaInfo,
  parseProbe,
  probeArgs,
  unsupportedReason,
} from '../../ffmpeg/index.ts';
import type { CellLimits, Sandbox } from '../../sandbox/types.ts';
import { readHead } from './read-head.ts';

/** Limits of a probe. Time is limited to 15 s and memory to 512 MB, because a small file can keep ffprobe busy for a minute. */
export const PROBE_LIMITS: CellLimits = {
  memoryBytes: 512 * 2 ** 20,
  cpuSeconds: 15,
  wallMs: 15_000,
  outputBytes: 2 ** 20,
};
export const MAX_PROBE_OUTPUT = 4 * 2 ** 20;

export interface Probed {
  demuxer: string;
  /** Content type, detected from the file's first bytes. */
  contentType: string;
  info: MediaInfo;
}

/**
 * Identifies a file: detects its type from its first bytes, runs ffprobe in a cell with the demuxer forced, and checks
 * the limits of the result. `subject` names the file in errors, e.g. `Input 1`. Throws `JobFailure`.
 */
export async function probeFile(
  sandbox: Sandbox,
  file: { path: string; slot: number; subject: string; check?: boolean; sizeBytes?: number },
  signal?: AbortSignal,
): Promise<Probed> {
  const { head, size } = await readHead(file.path);
  if (size === 0) throw new JobFailure('invalid_media', `${file.subject} is empty.`);
  const detected = await detectMedia(head);
  if (!detected) throw new JobFailure('unsupported_media', `${file.subject} ${await unsupportedReason(head)}`);
  const chunks: Buffer[] = [];
  let length = 0;
  const result = await sandbox.run({
    program: 'ffprobe',
    args: probeArgs({ path: '/in/0', demuxer: detected.demuxer }),
    inputs: [{ name: '0', path: file.path }],
    limits: PROBE_LIMITS,
    slot: file.slot,
    ...(signal && { signal }),
    onStdout(chunk) {
      length += chunk.length;
      if (length <= MAX_PROBE_OUTPUT) chunks.push(chunk);
    },
  });
  await result.release();
  if (result.end !== 'exit' || result.exitCode !== 0) {
    const explained = result.explain();
    throw new JobFailure(explained.code, `${file.subject} cannot be read: ${explained.message}`);
  }
  if (length > MAX_PROBE_OUTPUT)
    throw new JobFailure('invalid_media', `${file.subject} has implausibly long metadata.`);
  const info = parseProbe(Buffer.concat(chunks).toString('utf8'), {
    sizeBytes: file.sizeBytes ?? size,
    demuxer: detected.demuxer,
  });
  if (file.check !== false) checkInput(info);
  return { demuxer: detected.demuxer, contentType: detected.mime, info };
}
