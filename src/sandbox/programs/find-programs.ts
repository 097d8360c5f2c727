import type { Program, ProgramPaths } from './program.ts';

/** Finds the programs that are installed. Throws a `SandboxError` that names the package of the first missing program. */
export function findPrograms(table: readonly Program[], configured: Partial<ProgramPaths> = {}): ProgramPaths {
  const found: Record<string, string> = {};
  for (const program of table) {
    const path = program.find(configured[program.name], found);
    if (path !== null) found[program.name] = path;
  }
  return found;
}
