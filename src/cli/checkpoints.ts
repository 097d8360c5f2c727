import type { Logger } from '../telemetry/index.ts';

/** Milliseconds. Rows of the audit log that are younger may not be covered by a signed head yet. */
const EVERY_MS = 60_000;

/** Signs the head of the audit log now, every minute, and once more when stopped. */
export function startCheckpoints(sign: () => Promise<void>, logger: Logger): { stop(): Promise<void> } {
  const round = () => sign().catch((error) => logger.warn({ err: error }, 'could not sign the head of the audit log'));
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
