import { type ChildProcess, type ExecFileOptions, fork } from 'node:child_process';
import { join } from 'node:path';

export type RunOptions = Pick<ExecFileOptions, 'cwd' | 'env' | 'timeout' | 'killSignal' | 'maxBuffer'>;

/** The response of the runner: the output, and for a failure also the fields of Node's error. */
export interface RunResponse {
  id: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
  error: (Partial<RunError> & { message: string }) | null;
}

export interface RunError extends Error {
  code: number | string | null;
  killed: boolean;
  signal: NodeJS.Signals | null;
  cmd: string;
  stdout: string | Buffer;
  stderr: string | Buffer;
}

interface Runner {
  child: ChildProcess;
  waiting: Map<number, (response: RunResponse | Error) => void>;
}

/** Each process has one runner, which its test files share. */
const global = globalThis as { airlockTestRunner?: Runner };
let last = 0;

/**
 * Runs a program with the same results and errors as `promisify(execFile)`, but from a small process. Starting a program copies the page
 * tables of the process that starts it. With the 400 MB of a test process, that takes 10 ms of CPU time for each program.
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions & { encoding: 'buffer' },
): Promise<{ stdout: Buffer; stderr: Buffer }>;
export function run(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<{ stdout: string; stderr: string }>;
export async function run(
  command: string,
  args: readonly string[],
  { encoding, ...options }: RunOptions & { encoding?: 'buffer' } = {},
): Promise<{ stdout: string | Buffer; stderr: string | Buffer }> {
  const { stdout, stderr, error } = await ask(command, args, options);
  const decode = (bytes: Uint8Array) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return encoding ? buffer : buffer.toString();
  };
  const output = { stdout: decode(stdout), stderr: decode(stderr) };
  if (error) throw Object.assign(new Error(error.message), error, output);
  return output;
}

async function ask(command: string, args: readonly string[], options: RunOptions): Promise<RunResponse> {
  global.airlockTestRunner ??= startRunner();
  const { child, waiting } = global.airlockTestRunner;
  last += 1;
  const id = last;
  const response = await new Promise<RunResponse | Error>((resolve) => {
    waiting.set(id, resolve);
    child.channel?.ref();
    const request = { id, command, args, options: { env: { ...process.env }, ...options } };
    child.send(request, (failed) => failed && resolve(failed));
  });
  waiting.delete(id);
  // An idle runner does not keep the process alive.
  if (waiting.size === 0) child.channel?.unref();
  if (response instanceof Error) throw response;
  return response;
}

function startRunner(): Runner {
  const child = fork(join(import.meta.dirname, 'runner.mjs'), { serialization: 'advanced', execArgv: [] });
  const waiting: Runner['waiting'] = new Map();
  child.unref();
  child.on('message', (message) => {
    const response = message as RunResponse;
    waiting.get(response.id)?.(response);
  });
  child.once('exit', (code, signal) => {
    global.airlockTestRunner = undefined;
    for (const fail of waiting.values()) fail(new Error(`the runner exited with ${code ?? signal}`));
  });
  return { child, waiting };
}
