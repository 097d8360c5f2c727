import * as z from 'zod';
import { attemptCommand } from '../contract/job-details.ts';
import { storedJson } from '../database/stored-json.ts';

/** One command that an attempt ran in a cell. Contains no text of a person. */
export type AttemptCommand = z.infer<typeof attemptCommand>;

/** The column `attempts.commands`. */
export const attemptCommands = storedJson('commands of an attempt', 1, z.object({ commands: z.array(attemptCommand) }));

/**
 * Returns the commands of a row. They are empty for an attempt that is still running, or that an older release ran without recording its
 * commands.
 */
export function commandsOf({ commands }: { commands: unknown }): AttemptCommand[] {
  return attemptCommands.readOrNull(commands)?.commands ?? [];
}

/**
 * Returns the build of the last FFmpeg command that succeeded, or null if none succeeded. New cells may already use another build,
 * and a command that failed may have run again with another build.
 */
export function ffmpegThatRan(commands: readonly AttemptCommand[]): { version: string; package: string | null } | null {
  const last = commands.findLast(({ program, exit_code }) => program === 'ffmpeg' && exit_code === 0);
  return last?.version ? { version: last.version, package: last.package } : null;
}
