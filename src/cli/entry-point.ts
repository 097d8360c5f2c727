import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';

/** Returns the path of the running program: in tests the entry of the sources, otherwise the entry of the build. */
export function entryPoint(): string {
  return process.argv[1] ?? join(projectRoot(), 'dist', 'airlock.js');
}
