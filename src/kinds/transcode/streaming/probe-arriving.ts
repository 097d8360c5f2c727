import type { Readable } from 'node:stream';
import { MAX_PROBE_OUTPUT, PROBE_LIMITS } from '../../../attempt/media/probe.ts';
import { type MediaInfo, parseProbe, probeArgs, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import type { Sandbox } from '../../../sandbox/types.ts';
import { NotInOrder } from '../../../sanitizer/streaming/index.ts';

/**
 * Probes a container that is still being written, in a cell in which ffprobe reads the start of the container from standard input. Throws
 * `NotInOrder` if ffprobe cannot read the start, or if the container declares no duration.
 */
export async function probeArriving(
  sandbox: Sandbox,
  container: { stdin: Readable; demuxer: string; sizeBytes: number; slot: number },
  signal: AbortSignal,
): Promise<MediaInfo> {
  const { stdin, demuxer, sizeBytes, slot } = container;
  const chunks: Buffer[] = [];
  const result = await sandbox.run({
    program: 'ffprobe',
    args: probeArgs({ path: STANDARD_INPUT, demuxer }),
    inputs: [],
    stdin,
    limits: { ...PROBE_LIMITS, stdoutBytes: MAX_PROBE_OUTPUT },
    slot,
    signal,
    onStdout: (chunk) => void chunks.push(chunk),
  });
  await result.release();
  if (result.end !== 'exit' || result.exitCode !== 0) throw new NotInOrder('ffprobe cannot read its start');
  const info = parseProbe(Buffer.concat(chunks).toString('utf8'), { sizeBytes, demuxer });
  if (info.durationSeconds === null) throw new NotInOrder('it declares no duration');
  // ffprobe derives the bit rate from the size, which it cannot see here.
  const bitRate =
    info.bitRate ?? (info.durationSeconds > 0 ? Math.floor((sizeBytes * 8) / info.durationSeconds) : null);
  return { ...info, bitRate };
}
