import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';

/** Path of the running program: the sources (in tests) or the build. */
export function entryPoint(): string {
  return process.argv[1] ?? join(projectRoot(), 'dist', 'airlock.js');
}
