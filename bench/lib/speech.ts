import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWhisper, whisperRecipe } from '../../src/sandbox/speech/build-whisper.ts';
import { installModel, recordProgram, speechFolder } from '../../src/sandbox/speech/installed.ts';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { type ModelShape, writeWhisperModel } from '../../testkit/whisper-model.ts';
import { cacheFolder } from './media.ts';
import { runWell } from './run.ts';

/**
 * Text that the synthetic model recognizes. It has 100 words, as many as a fast speaker says in 30 s. The words differ, because whisper.cpp
 * decodes repetitions again, at another temperature.
 */
const SENTENCE = Array.from({ length: 100 }, (_, index) => `word${index}`).join(' ');

/** Creates a data directory with the program and a synthetic model of a shape. Builds the program once, which takes a minute. */
export async function speechDataDir(
  name: string,
  shape: ModelShape,
  progress: (text: string) => void,
): Promise<string> {
  const program = join(cacheFolder(), `whisper-${whisperRecipe()}`);
  if (!existsSync(program)) {
    progress('building whisper.cpp');
    await buildWhisper(program);
  }
  const dataDir = await makeDataDir();
  const folder = speechFolder(dataDir);
  await mkdir(folder, { recursive: true });
  const installed = join(folder, 'whisper-bench');
  await copyFile(program, installed);
  await chmod(installed, 0o555);
  await recordProgram(folder, installed);
  const file = join(cacheFolder(), `ggml-${name}-made-up.bin`);
  if (!existsSync(file)) writeWhisperModel(file, shape, SENTENCE);
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  await installModel(folder, { file, sha256 });
  return dataDir;
}

/** Returns the path of audio that a recognizer accepts as speech: a tone with a pause of one second in every ten seconds. */
export async function soundOf(seconds: number): Promise<string> {
  const path = join(cacheFolder(), `sound-${seconds}s.flac`);
  if (existsSync(path)) return path;
  const tone = `aevalsrc=0.3*sin(2*PI*300*t)*lt(mod(t\\,10)\\,9):d=${seconds}:s=16000`;
  await runWell('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', tone, path]);
  return path;
}
