import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { sizeOfPlainFile } from '../../attempt/outputs/store-file.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { VideoStream } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';

const MEMORY_BYTES = 512 * 2 ** 20;
/** Memory of a decoder in bytes per pixel: at most 16 reference frames of at most 8 bytes per pixel. */
const BYTES_PER_PIXEL = 16 * 8;
const CPU_SECONDS = 60;
const WALL_MS = 60_000;
/** Name of the file that the command must write. */
export const LUMA_NAME = 'candidate.gray';

export interface LumaCell {
  args: readonly string[];
  /** The decoded stream. */
  stream: VideoStream;
  /** The file that the command reads, or its standard input. */
  source: { name: string; path: string } | Readable;
  slot: number;
  /** Number of bytes that the command writes. */
  bytes: number;
}

/** Runs a command that writes luma, one byte per pixel, in a cell. Returns null if the cell did not write the expected number of bytes. */
export async function decodeLuma({ tools, run }: TranscodeAttempt, cell: LumaCell): Promise<Uint8Array | null> {
  const { args, stream, source, slot, bytes } = cell;
  const memoryBytes = MEMORY_BYTES + BYTES_PER_PIXEL * stream.width * stream.height;
  const result = await tools.sandbox.run({
    program: 'ffmpeg',
    args,
    ...('path' in source ? { inputs: [source] } : { inputs: [], stdin: source }),
    outputs: [LUMA_NAME],
    limits: { memoryBytes, cpuSeconds: CPU_SECONDS, wallMs: WALL_MS, outputBytes: 2 * bytes, stdoutBytes: 2 ** 20 },
    slot,
    signal: run.signal,
  });
  try {
    if (result.end !== 'exit' || result.exitCode !== 0) return null;
    return await readLuma(join(result.outputDir, LUMA_NAME), bytes);
  } finally {
    await result.release();
  }
}

/**
 * Reads the bytes that a cell wrote. Returns null unless they are a plain file of the expected size, because the author of the source may
 * control the cell.
 */
async function readLuma(path: string, bytes: number): Promise<Uint8Array | null> {
  const size = await sizeOfPlainFile(path).catch((error: unknown) => {
    if (error instanceof JobFailure && error.code === 'output_invalid') return 0;
    throw error;
  });
  if (size !== bytes) return null;
  const file = await open(path, 'r');
  try {
    return (await file.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer;
  } finally {
    await file.close();
  }
}
