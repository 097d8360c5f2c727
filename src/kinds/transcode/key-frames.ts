import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellInput } from '../../attempt/cells/run-command.ts';
import { copyMedia } from '../../attempt/sources/fetch-ranges.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { PreparedSources } from './sources/prepared.ts';

/**
 * Returns the files of a cell that decodes only the last key frames before these times. Replaces the first input by a container with only
 * these frames, so that FFmpeg reads nothing else. Returns the files unchanged if this is not possible.
 */
export async function withKeyFrames(
  { tools, run }: TranscodeAttempt,
  { files, inputs }: Pick<PreparedSources, 'files' | 'inputs'>,
  { seconds, name }: { seconds: readonly number[]; name: string },
): Promise<readonly CellInput[]> {
  const [input] = inputs;
  const cellInput = files.find((file) => file.path === input?.file);
  if (!input || !cellInput || input.demuxer !== 'mov') return files;
  const { size } = await stat(input.file);
  const target = join(run.folder, name);
  const pictures = seconds.map((time) => ({ seconds: time, isKey: true }));
  const made = await tools.sanitizer.readPartial(
    { part: 'pictures', pictures, isSought: false, path: input.file, present: [{ start: 0, end: size }], target },
    run.signal,
  );
  if (!('media' in made)) return files;
  await run.disk.reserve(made.media.reduce((sum, { start, end }) => sum + end - start, 0));
  await copyMedia(input.file, made.media, target, made.mediaAt);
  return files.map((file) => (file === cellInput ? { ...file, path: target } : file));
}
