import { JobFailure } from '../../contract/failures.ts';
import { detectMedia, type OutputInfo } from '../../ffmpeg/index.ts';
import { probeFile } from '../media/probe.ts';
import { readHead } from '../media/read-head.ts';
import type { WorkTools } from '../tools.ts';

const SUBJECT = 'The output';

/**
 * Describes a file that a cell wrote. The sanitizer's readers, which are memory-safe and need a few milliseconds, describe most files. For
 * all other files, ffprobe runs in its own cell, which takes 70 ms. Throws `JobFailure` if the file cannot be described.
 */
export async function describeOutput(
  tools: Pick<WorkTools, 'sanitizer' | 'sandbox'>,
  file: { path: string; slot: number; size: number },
  signal: AbortSignal,
): Promise<OutputInfo> {
  const facts = await readFacts(tools, file.path, signal);
  if (facts) return { ...facts, sizeBytes: file.size };
  const { path, slot } = file;
  return (await probeFile(tools.sandbox, { path, slot, subject: SUBJECT, check: false }, signal)).info;
}

async function readFacts(tools: Pick<WorkTools, 'sanitizer'>, path: string, signal: AbortSignal) {
  const detected = await detectMedia((await readHead(path)).head);
  if (!detected) return null;
  const { demuxer } = detected;
  try {
    const read = { path, demuxer, target: null, mediaBytes: null };
    return (await tools.sanitizer.sanitize(read, { subject: SUBJECT, signal })).facts;
  } catch (error) {
    // The limits of inputs do not apply to outputs, so ffprobe describes the file.
    if (error instanceof JobFailure) return null;
    throw error;
  }
}
