import type { Plan } from '../../types.ts';

/** Returns the command with another CRF for the outputs with these paths. Throws if one of these outputs has no CRF. */
export function withCrf(command: Plan, crfs: ReadonlyMap<string, number>): Plan {
  const args = [...command.args];
  for (const [path, crf] of crfs) {
    const at = args.lastIndexOf('-crf:v', args.indexOf(path));
    if (at < 0) throw new Error('a command has no CRF');
    args[at + 1] = String(crf);
  }
  return { ...command, args };
}

/** Returns the CRF of an output of a command. */
export function crfOf({ args }: Pick<Plan, 'args'>, path: string): number {
  return Number(args[args.lastIndexOf('-crf:v', args.indexOf(path)) + 1]);
}
