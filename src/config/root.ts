import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with `package.json`, found by walking up from this module, so that it is the same for `src/` (tests) and
 * for the bundle in `dist/`.
 */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json not found above the Airlock sources');
    folder = parent;
  }
  return folder;
}

/** Folder of what the installation prepares once and each new data directory copies: databases, or images of cells. */
export function preparedFolder(kind: 'postgres' | 'rootimg'): string {
  return join(projectRoot(), '.build', kind);
}
