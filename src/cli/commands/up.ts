import type { Config } from '../../config/config.ts';
import { setupPath } from '../../people/setup-path.ts';
import { createLogger, prettyLine } from '../../telemetry/index.ts';
import { EXIT } from '../exit.ts';
import { describeFirstKey, type FirstKey } from '../first-key.ts';
import { startService } from '../service.ts';
import { bold, dim, green } from '../style.ts';

export async function up(config: Config): Promise<void> {
  const logger = createLogger({ level: config.logLevel, role: 'up' });
  const terminal = process.stdout.isTTY === true;
  const began = Date.now();
  const immediate = new AbortController();
  const service = startService({
    config,
    logger,
    firstKey: process.stderr.isTTY ? 'text' : 'file',
    announce: true,
    immediate: immediate.signal,
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
    // Also while it starts: what has been started by then would outlive this process.
    service
      .then(({ stop }) => stop())
      .then(
        () => process.exit(immediate.signal.aborted ? EXIT.failed : EXIT.ok),
        (error) => {
          // What was still starting has been stopped, and says so.
          if (!immediate.signal.aborted) logger.error({ err: error }, 'not everything could be stopped');
          process.exit(EXIT.failed);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { ready, firstKey, setupToken } = await service;
  if (!stopping) announce(ready.api, { firstKey, setupToken }, Date.now() - began);
}

interface First {
  firstKey: FirstKey | null;
  setupToken: string | null;
}

/**
 * Writes to standard error, because standard output is the log. A key is shown only on a terminal, never in a log; the link
 * works once.
 */
function announce(url: string, { firstKey, setupToken }: First, ms: number): void {
  const lines = ['', `${green('●')} Airlock is up at ${bold(url)} ${dim(`(${(ms / 1000).toFixed(1)} s)`)}`];
  if (firstKey) lines.push('', ...describeFirstKey(firstKey, url));
  if (setupToken) {
    lines.push(`  Sign in   ${bold(`${url}${setupPath(setupToken)}`)}`);
    lines.push(`            ${dim('Sets the password of the first operator, once, within a day')}`);
  }
  lines.push(`  API       ${url}/docs`, '');
  process.stderr.write(`${lines.join('\n')}\n`);
}
