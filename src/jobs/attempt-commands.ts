import * as z from 'zod';
import { attemptCommand } from '../contract/job-details.ts';
import { storedJson } from '../database/stored-json.ts';

/** One command that an attempt ran in a cell. Contains no text of a person. */
export type AttemptCommand = z.infer<typeof attemptCommand>;

/** The column `attempts.commands`. */
export const attemptCommands = storedJson('commands of an attempt', 1, z.object({ commands: z.array(attemptCommand) }));

/** The commands of a row; none for an attempt of a release that did not record them, and for one that runs. */
export function commandsOf({ commands }: { commands: unknown }): AttemptCommand[] {
  return attemptCommands.readOrNull(commands)?.commands ?? [];
}
