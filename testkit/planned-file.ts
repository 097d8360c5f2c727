import type { PlannedFile, PlannedOutput } from '../src/ffmpeg/index.ts';

/** Returns the output. Throws unless the output is one file. */
export function fileOf(output: PlannedOutput | undefined): PlannedFile {
  if (!output || !('path' in output)) throw new Error('the output is not one file');
  return output;
}
