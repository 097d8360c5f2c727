import type { Logger } from '../telemetry/index.ts';

/** Rows of the audit log that are younger than this may not stand below a signed head yet. */
const EVERY_MS = 60_000;

/** Signs the end of the audit log now, every minute and once more at the end. */
export function startCheckpoints(sign: () => Promise<void>, logger: Logger): { stop(): Promise<void> } {
  const round = () => sign().catch((error) => logger.warn({ err: error }, 'the audit log’s head was not signed'));
  let current = round();
  const timer = setInterval(() => {
    current = current.then(round);
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await current;
      await round();
    },
  };
}
