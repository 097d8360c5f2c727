import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CellInput } from '../../attempt/cells/run-command.ts';
import type { LayerRequest, PlanWarning } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';

/**
 * Draws the layers of a plan into the work folder. Draws one layer at a time, because the picture of a long text is large. The names of the
 * files begin with `prefix`.
 */
export async function writeLayers(
  { tools: { planner }, run: { folder, signal } }: TranscodeAttempt,
  layers: readonly LayerRequest[],
  prefix: string,
): Promise<{ files: CellInput[]; warnings: PlanWarning[] }> {
  const files: CellInput[] = [];
  const warnings: PlanWarning[] = [];
  for (const layer of layers) {
    const drawn = await planner.draw({ layer }, signal);
    const name = basename(layer.path);
    const path = join(folder, `${prefix}${name}`);
    await writeFile(path, drawn.file, { flag: 'wx', mode: 0o600 });
    files.push({ name, path });
    warnings.push(...drawn.warnings.map((message) => ({ field: 'options', message })));
  }
  return { files, warnings };
}
