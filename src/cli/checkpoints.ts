import type { Logger } from '../telemetry/index.ts';

/** Milliseconds between two signatures of the head of the audit log. Newer rows may not be covered by a signed head yet. */
const EVERY_MS = 60_000;

/** Signs the head of the audit log now and every minute. `stop` signs the head once more. */
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
