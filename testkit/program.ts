import { join } from 'node:path';
import { v8Options } from '../src/cli/v8-options.ts';

export const PROGRAM = join(import.meta.dirname, '..', 'dist', 'airlock.js');

/**
 * Returns the arguments of Node for a command of the built program: `[process.execPath, programArgs(['worker'])]`. They contain the options
 * with which `./airlock`, the supervisor and the units start the command. The build has compiled the program for these options.
 * @param program the entry of another build
 */
export function programArgs(args: readonly string[], program = PROGRAM): string[] {
  return [...v8Options(args[0] ?? 'up'), program, ...args];
}
