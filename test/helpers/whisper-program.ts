import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWhisper, whisperRecipe } from '../../src/sandbox/speech/build-whisper.ts';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'airlock-speech');

/** The optimization level. With a model of 8 MB, the slower program costs less time than the faster compilation saves. */
const OPTIMIZATION = '-O1';

/** Maximum number of milliseconds that a test file waits for the program, on two cores that also run other tests. */
export const BUILD_MS = 300_000;

/**
 * Returns the path of the program. Builds the program once for each recipe, which takes 20 seconds of processor time, and keeps it for
 * later runs. Test files request it from the process that they share, so that the program is not built twice.
 */
export async function cachedWhisper(): Promise<string> {
  const response = await fetch(`${process.env.TEST_SHARING_URL}/whisper`);
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { program: string }).program;
}

/** Builds the program unless an earlier run has built it. */
export async function keepWhisper(): Promise<{ program: string }> {
  const program = join(CACHE, `whisper${OPTIMIZATION}-${whisperRecipe()}`);
  if (!(await stat(program).catch(() => null))) await buildWhisper(program, { optimization: OPTIMIZATION });
  return { program };
}
