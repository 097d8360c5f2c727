import { describeOutput } from '../../attempt/outputs/describe-output.ts';
import { JobFailure } from '../../contract/failures.ts';
import { checkOutput, type ExpectedOutput, type OutputInfo } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';

/** Describes a file that a cell has written. Throws `JobFailure` if the file differs from the plan. */
export async function checkWritten(
  { tools, run }: TranscodeAttempt,
  expect: ExpectedOutput,
  file: { path: string; slot: number; size: number },
): Promise<OutputInfo> {
  const info = await describeOutput(tools, file, run.signal).catch((error) => {
    throw error instanceof JobFailure ? new JobFailure('output_invalid', error.message) : error;
  });
  checkOutput(expect, info);
  return info;
}
