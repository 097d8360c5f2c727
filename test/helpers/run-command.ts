import { reportFailure } from '../../src/cli/failure.ts';
import { createProgram } from '../../src/cli/program.ts';

interface Output {
  stdout: string;
  stderr: string;
  code: number;
}

/** Commands of this process, which run one after the other: each has the environment and the output to itself. */
let previous: Promise<unknown> = Promise.resolve();

/** Runs a command as `src/cli/main.ts` does, in this process. For commands that end and start no other process. */
export function runCommand(args: readonly string[], env: Record<string, string>): Promise<Output> {
  const next = previous.then(() => runAlone(args, env));
  previous = next.catch(() => {});
  return next;
}

async function runAlone(args: readonly string[], env: Record<string, string>): Promise<Output> {
  const before = { env: { ...process.env }, exitCode: process.exitCode };
  const streams = ['stdout', 'stderr'] as const;
  const output = { stdout: '', stderr: '' };
  const writes = streams.map((name) => process[name].write);
  for (const name of streams) {
    process[name].write = (chunk: Uint8Array | string) => {
      output[name] += String(chunk);
      return true;
    };
  }
  Object.assign(process.env, env);
  process.exitCode = undefined;
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return { ...output, code: Number(process.exitCode ?? 0) };
  } catch (error) {
    const code = reportFailure(error);
    return { ...output, code };
  } finally {
    for (const [index, name] of streams.entries()) process[name].write = writes[index]!;
    for (const name of Object.keys(env)) {
      if (before.env[name] === undefined) delete process.env[name];
      else process.env[name] = before.env[name];
    }
    process.exitCode = before.exitCode;
  }
}
