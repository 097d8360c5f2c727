import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';

/** The program that runs now; from sources (tests) as well as from the build. */
export function entryPoint(): string {
  return process.argv[1] ?? join(projectRoot(), 'dist', 'airlock.js');
}
