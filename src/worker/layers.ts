import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LayerRequest, PlanWarning } from '../media/index.ts';
import type { FontLibrary } from '../text/index.ts';
import type { CellInput } from './run-transcode.ts';

/** The fonts of this machine, found once a process: their files are read as texts need them. */
let fonts: FontLibrary | null = null;

/** Draws the layers of a plan into the work folder, for the cell. */
export async function writeLayers(
  layers: readonly LayerRequest[],
  folder: string,
): Promise<{ files: CellInput[]; warnings: PlanWarning[] }> {
  if (layers.length === 0) return { files: [], warnings: [] };
  // HarfBuzz is WebAssembly, 5 MB that most jobs never need.
  const { drawLayer, openFonts } = await import('../text/index.ts');
  fonts ??= openFonts();
  const files: CellInput[] = [];
  const warnings: PlanWarning[] = [];
  for (const layer of layers) {
    const drawn = drawLayer(layer, fonts);
    const name = basename(layer.path);
    const path = join(folder, name);
    await writeFile(path, drawn.svg, { flag: 'wx', mode: 0o600 });
    files.push({ name, path });
    warnings.push(...drawn.warnings.map((message) => ({ field: 'options', message })));
  }
  return { files, warnings };
}
