import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { JobFailure } from '../../contract/failures.ts';
import { explainFailure } from '../../ffmpeg/index.ts';
import type { CellResult } from '../../sandbox/types.ts';
import { sizeOfPlainFile } from '../outputs/store-file.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';

/** Memory of the cell. The largest allowed picture at 16 bits takes 0.2 GB both before and after the conversion of its colors. */
const MEMORY_BYTES = 1536 * 2 ** 20;
const CPU_SECONDS = 60;
const WALL_MS = 30_000;
/** Size of an incompressible PNG: bytes per pixel, plus space for the header. */
const PIXEL_BYTES = 6;
const HEADER_BYTES = 2 ** 20;

const NAMES: Readonly<Record<string, string>> = { av1: 'AV1', hevc: 'HEVC', png: 'PNG', webp: 'WebP' };

/** A still, and how FFmpeg decodes it. */
export interface DecodedStill {
  /** Host path of the file that FFmpeg reads. */
  path: string;
  codec: string;
  pixels: number;
  /** Returns the arguments, from the names of the file and of the PNG in the cell. */
  args: (input: string, output: string) => string[];
}

/**
 * Messages of an FFmpeg that has no decoder for a still. FFmpeg's own AV1 decoder only drives graphics cards, so it does not count as a
 * decoder.
 */
const NO_DECODER = /no decoder found|Decoder .*not found|doesn't suppp?ort hardware accelerated/i;

/**
 * Decodes a still into an upright PNG at the host path `target`, in its own cell. Throws `JobFailure` if the still cannot be decoded, also if
 * this FFmpeg lacks the decoder.
 */
export async function decodeStill(
  tools: Pick<WorkTools, 'sandbox'>,
  still: DecodedStill,
  file: { target: string; slot: number; subject: string },
  { disk, signal }: { disk: DiskReservation | undefined; signal: AbortSignal | undefined },
): Promise<string> {
  const { target, subject } = file;
  const outputBytes = still.pixels * PIXEL_BYTES + HEADER_BYTES;
  await disk?.reserve(outputBytes);
  const result = await tools.sandbox.run({
    program: 'ffmpeg',
    args: still.args('/in/0', `/out/${basename(target)}`),
    inputs: [{ name: '0', path: still.path }],
    outputs: [basename(target)],
    limits: { memoryBytes: MEMORY_BYTES, cpuSeconds: CPU_SECONDS, wallMs: WALL_MS, outputBytes },
    slot: file.slot,
    ...(signal && { signal }),
  });
  try {
    if (result.end !== 'exit' || result.exitCode !== 0) throw explain(result, still.codec, subject);
    const written = join(result.outputDir, basename(target));
    await sizeOfPlainFile(written).catch((error: unknown) => {
      // Decoders skip unknown data, and FFmpeg then succeeds without a frame.
      if (!(error instanceof JobFailure) || error.code !== 'output_invalid') throw error;
      throw new JobFailure('invalid_media', `${subject} cannot be read: its picture is damaged.`, { cause: error });
    });
    await copyFile(written, target);
    return target;
  } finally {
    await result.release();
  }
}

function explain(result: CellResult, codec: string, subject: string): JobFailure {
  if (result.end === 'exit' && NO_DECODER.test(result.stderr)) {
    const name = NAMES[codec] ?? codec;
    const message = `${subject} contains a picture in ${name}, which the FFmpeg of this server does not decode; convert it to JPEG or PNG.`;
    return new JobFailure('unsupported_media', message);
  }
  const explained = explainFailure({ ...result, stage: 'probe' });
  return new JobFailure(explained.code, `${subject} cannot be read: ${explained.message}`);
}
