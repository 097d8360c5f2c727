import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the folder with `package.json`. Searches upwards from this module, so that the result is the same for `src/` (tests) and for the
 * bundle in `dist/`.
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

/**
 * Returns the folder of files that the installation prepares once and that each new data directory copies: a database cluster, or images of
 * cells.
 */
export function preparedFolder(kind: 'postgres' | 'rootimg'): string {
  return join(projectRoot(), '.build', kind);
}
