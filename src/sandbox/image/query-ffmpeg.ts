import { type RunContext, runProgram } from '../cell/run.ts';
import { packageVersion } from '../host/preflight.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { CellResult } from '../types.ts';
import type { FfmpegFacts } from './manifest.ts';
import { type RootImage, storeFacts } from './root-image.ts';

/**
 * Queries the version and features of the FFmpeg in a new image, in cells, and stores the result with the image. Throws
 * `SandboxError` when FFmpeg does not run.
 */
export async function queryFfmpeg(
  context: RunContext,
  images: string,
  image: RootImage,
  slot: number,
): Promise<FfmpegFacts> {
  const { result, stdout } = await runFfmpeg(context, ['-version'], slot);
  const version = stdout.split('\n')[0]!;
  if (result.end !== 'exit' || result.exitCode !== 0 || !version.startsWith('ffmpeg version')) {
    const reason = `FFmpeg does not run in the cell (${result.end}, code ${result.exitCode}): ${result.stderr.trim().slice(-500)}`;
    throw new SandboxError(reason, 'Check that `ffmpeg -version` works on this machine');
  }
  const facts = {
    version,
    package: await packageVersion(image.source),
    path: image.source,
    readsArguments: await readsArguments(context, slot),
  };
  await storeFacts(images, image.fingerprint, facts);
  return facts;
}

/** An older FFmpeg treats `/metadata` as the name of an option and rejects it. */
async function readsArguments(context: RunContext, slot: number): Promise<boolean> {
  const { result } = await runFfmpeg(context, ['-hide_banner', '-/metadata', '/in/none'], slot);
  return result.end === 'exit' && !result.stderr.includes('Unrecognized option');
}

async function runFfmpeg(
  context: RunContext,
  args: readonly string[],
  slot: number,
): Promise<{ result: CellResult; stdout: string }> {
  const output: Buffer[] = [];
  const result = await runProgram(context, {
    program: '/usr/bin/ffmpeg',
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
