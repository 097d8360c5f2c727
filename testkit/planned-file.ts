import type { PlannedFile, PlannedOutput } from '../src/ffmpeg/index.ts';

/** The output, which must be one file. */
export function fileOf(output: PlannedOutput | undefined): PlannedFile {
  if (!output || !('path' in output)) throw new Error('the output is not one file');
  return output;
}
