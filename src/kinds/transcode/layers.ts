import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LayerRequest, PlanWarning } from '../../ffmpeg/index.ts';
import type { Planner } from '../../threads/planning/index.ts';
import type { CellInput } from './run-plan.ts';

/** Draws the layers of a plan into the work folder, one at a time, because the picture of a long text is large. */
export async function writeLayers(
  planner: Pick<Planner, 'draw'>,
  layers: readonly LayerRequest[],
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<{ files: CellInput[]; warnings: PlanWarning[] }> {
  const files: CellInput[] = [];
  const warnings: PlanWarning[] = [];
  for (const layer of layers) {
    const drawn = await planner.draw({ layer }, signal);
    const name = basename(layer.path);
    const path = join(folder, name);
    await writeFile(path, drawn.svg, { flag: 'wx', mode: 0o600 });
    files.push({ name, path });
    warnings.push(...drawn.warnings.map((message) => ({ field: 'options', message })));
  }
  return { files, warnings };
}
