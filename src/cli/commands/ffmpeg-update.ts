import type { Config } from '../../config/config.ts';
import { type BuilderMessage, followOrders } from '../../sandbox/trimmed/builder-process.ts';
import { type MakeOutcome, makeTrimmed } from '../../sandbox/trimmed/make.ts';
import { prepareDataDir } from '../../supervisor/data-dir.ts';
import { withLock } from '../../supervisor/file-lock.ts';
import { EXIT, UsageError } from '../exit.ts';

/**
 * Builds and checks a trimmed FFmpeg for the data directory. The worker of `up` runs this command in a separate process, which sends
 * messages to the worker and exits with it.
 */
export async function ffmpegUpdateCommand(config: Config): Promise<number> {
  if (config.ffmpegBuild === 'off')
    throw new UsageError(
      'AIRLOCK_FFMPEG_BUILD is off, so no job would use the build. Set AIRLOCK_FFMPEG_BUILD to auto.',
    );
  const stop = new AbortController();
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, () => stop.abort());
  const { onSteps } = followOrders();
  const began = Date.now();
  const options = { dataDir: await prepareDataDir(config.dataDir), withLock, sandbox: config.sandbox };
  try {
    const outcome = await makeTrimmed(options, {
      signal: stop.signal,
      onSteps,
      onPart(part) {
        report({ type: 'part', part }, `${Math.round((Date.now() - began) / 1000)} s: ${part}`);
      },
    });
    report({ type: 'end', ...outcome }, describe(outcome));
    return outcome.outcome === 'ready' ? EXIT.ok : EXIT.failed;
  } finally {
    // An open IPC channel would keep the process alive.
    if (process.connected) process.disconnect();
  }
}

function report(message: BuilderMessage, line: string): void {
  if (process.send) process.send(message);
  else process.stdout.write(`${line}\n`);
}

function describe(outcome: MakeOutcome): string {
  if (outcome.outcome !== 'ready')
    return `Could not build a trimmed FFmpeg: ${outcome.reason}. Cells keep the FFmpeg of the distribution.`;
  const { source, attacks, runs } = outcome.build;
  return `Built FFmpeg from ${source}. The sandbox blocked ${attacks} attacks, and ${runs} commands had the same results as with the distribution's FFmpeg. The worker switches to the build when no job runs.`;
}
