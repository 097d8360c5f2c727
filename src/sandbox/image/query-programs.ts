import { type ProgramResult, type RunContext, runProgram } from '../cell/run.ts';
import { packageVersion } from '../host/preflight.ts';
import { type Program, type ProgramPaths, seenBy } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { ImageFacts, ProgramFacts } from './manifest.ts';
import { type RootImage, storeFacts } from './root-image.ts';

/** A query of a program in the root image of `context`. */
interface Query {
  context: RunContext;
  program: Program;
  slot: number;
}

/**
 * Queries the version and features of every program of a new image in cells, and stores the result with the image. Throws `SandboxError` if
 * a program does not run.
 */
export async function queryPrograms(
  context: RunContext,
  table: readonly Program[],
  images: string,
  image: RootImage,
  slot: number,
): Promise<ImageFacts> {
  const facts: Record<string, ProgramFacts> = {};
  for (const program of table) {
    if (image.programs[program.name] === undefined) continue;
    facts[program.name] = await queryProgram({ context, program, slot }, image.programs);
  }
  await storeFacts(images, image.fingerprint, facts);
  return facts;
}

async function queryProgram(query: Query, paths: ProgramPaths): Promise<ProgramFacts> {
  const { program } = query;
  const { result, stdout } = await runQuery(query, program.version.args);
  const version = versionIn(program, result, stdout);
  if (version === null) {
    const reason = `${program.name} does not run in the cell (${result.end}, code ${result.exitCode}): ${result.stderr.trim().slice(-500)}`;
    throw new SandboxError(
      reason,
      `Check that \`${[program.name, ...program.version.args].join(' ')}\` works on this machine`,
    );
  }
  const path = paths[program.name]!;
  const isPackaged = program.debian?.path === path;
  return {
    version,
    path,
    package: isPackaged ? await packageVersion(program.debian.package) : null,
    readsArguments: await readsArguments(query),
  };
}

/** Returns the version from the output of a program, or null if the program failed. */
function versionIn(
  { name, version }: Program,
  { end, exitCode, stderr }: ProgramResult,
  stdout: string,
): string | null {
  if (end !== 'exit') return null;
  if ('usage' in version) return exitCode === version.exitCode && version.usage.test(stderr) ? name : null;
  const line = stdout.split('\n')[0]!;
  return exitCode === 0 && version.line.test(line) ? line : null;
}

async function readsArguments(query: Query): Promise<boolean> {
  const { hiding } = query.program;
  if (!hiding) return false;
  const { result } = await runQuery(query, hiding.args);
  return result.end === 'exit' && !result.stderr.includes(hiding.unsupported);
}

async function runQuery(
  { context, program, slot }: Query,
  args: readonly string[],
): Promise<{ result: ProgramResult; stdout: string }> {
  const output: Buffer[] = [];
  const result = await runProgram(context, {
    program: `/usr/bin/${program.name}`,
    filter: program.filter,
    sees: seenBy(program),
    args,
    inputs: [],
    limits: { memoryBytes: 2 ** 29, cpuSeconds: 30, wallMs: 30_000, outputBytes: 2 ** 20 },
    onStdout: (chunk) => output.push(chunk),
    slot,
  }).catch((error: Error) => {
    throw context.tier.explain(error);
  });
  await result.release();
  return { result, stdout: Buffer.concat(output).toString('utf8') };
}
