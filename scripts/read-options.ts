import type { Command, Option } from 'commander';
import { integerOption } from '../src/cli/option-types.ts';

/** Exit code for wrong usage (sysexits.h). */
const USAGE = 64;

/** Creates an option that is an integer. */
export function numberOption(flags: string, description: string, least = 0): Option {
  const option = integerOption(flags, description, { least });
  const check = option.parseArg!;
  return option.argParser((text) => Number(check(text, undefined)));
}

/** Reads the options of a script. Exits after `--help`, and after an error. The error suggests the nearest option. */
export function readOptions<T extends object>(command: Command): T {
  return command
    .showHelpAfterError(`(to print the options, run ${command.name()} --help)`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .parse()
    .opts<T>();
}
