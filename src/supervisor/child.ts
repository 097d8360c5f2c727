import type { SupervisorLogger } from './types.ts';

/** Why a role must stop: a signal, or the death of its supervisor. */
export type StopReason = 'SIGTERM' | 'SIGINT' | 'parent-gone';

/**
 * Shuts this process down cleanly on SIGTERM, on SIGINT, and when its supervisor dies (which closes the IPC channel,
 * even after `kill -9`). Runs `drain` once and exits with 0, or with 1 when it fails or takes longer than `deadlineMs`.
 * A second SIGINT or SIGTERM exits immediately. Without a supervisor, it handles only the signals.
 */
export function exitWithParent(
  drain: (reason: StopReason) => Promise<void>,
  options: { logger: SupervisorLogger; deadlineMs?: number },
): void {
  const { logger, deadlineMs = 25_000 } = options;
  let stopping = false;
  const stop = (reason: StopReason) => {
    if (stopping) {
      if (reason !== 'parent-gone') process.exit(1);
      return;
    }
    stopping = true;
    logger.info({ reason }, 'stopping');
    const timer = setTimeout(() => {
      logger.error({ deadlineMs }, 'draining took too long');
      process.exit(1);
    }, deadlineMs);
    timer.unref();
    drain(reason).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (process.channel) process.on('disconnect', () => stop('parent-gone'));
  else if (process.connected === false) stop('parent-gone');
}

/** Reports to the supervisor that this role is ready, and its TCP ports. Does nothing without a supervisor. */
export function reportReady(ports: Record<string, number> = {}): void {
  process.send?.({ type: 'ready', ports });
}
