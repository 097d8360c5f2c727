import type { Config } from '../../config/config.ts';
import { createLogger, prettyLine } from '../../telemetry/index.ts';
import { collectAfterStart } from '../collect-after-start.ts';
import { EXIT } from '../exit.ts';
import { greeting, hasDashboard } from '../greeting.ts';
import { startService } from '../service.ts';
import { willBuild } from '../will-build.ts';

export async function up(config: Config): Promise<void> {
  const logger = createLogger({ level: config.logLevel, role: 'up' });
  const terminal = process.stdout.isTTY === true;
  const began = Date.now();
  const immediate = new AbortController();
  const ending = new AbortController();
  const service = startService({
    config,
    logger,
    firstKey: process.stderr.isTTY ? 'text' : 'file',
    announce: true,
    immediate: immediate.signal,
    stopping: ending.signal,
    onLine(stream, line) {
      if (stream === 'stderr') process.stderr.write(`${line}\n`);
      else process.stdout.write(terminal ? prettyLine(`${line}\n`, !process.env.NO_COLOR) : `${line}\n`);
    },
  });

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (immediate.signal.aborted) process.exit(EXIT.failed);
    if (stopping) {
      logger.warn({ signal }, 'ending immediately');
      return immediate.abort();
    }
    stopping = true;
    logger.info({ signal }, 'draining; send the signal again to end immediately');
    ending.abort();
    const end = () => process.exit(immediate.signal.aborted ? EXIT.failed : EXIT.ok);
    // If a start is aborted, `service` rejects after all processes that the start created have stopped.
    service.then(
      ({ stop }) =>
        stop().then(end, (error) => {
          if (!immediate.signal.aborted) logger.error({ err: error }, 'not everything could be stopped');
          process.exit(EXIT.failed);
        }),
      end,
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const started = await service.catch((error) => {
    if (stopping) return null;
    throw error;
  });
  if (!started || stopping) return;
  const { ready, firstKey, setupToken } = started;
  collectAfterStart();
  // Standard output is the log, which must not contain a key. The set-up link works only once.
  const made = { firstKey, setupToken, hasDashboard: hasDashboard(), willBuild: willBuild(config) };
  process.stderr.write(greeting({ config, ready, ...made, ms: Date.now() - began }));
}
