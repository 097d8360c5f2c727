import type { SupervisorLogger } from './types.ts';

/** Why a role must stop: a signal, or the death of its supervisor. */
export type StopReason = 'SIGTERM' | 'SIGINT' | 'parent-gone';

/**
 * Shuts this process down cleanly on SIGTERM, on SIGINT, and when its supervisor dies (which closes the IPC channel,
 * even after `kill -9`). Runs `drain` once and exits with 0, or with 1 if `drain` fails or exceeds `deadlineMs`.
 * A second SIGINT or SIGTERM exits immediately. Without a supervisor, handles only the signals.
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

/** Reports the TCP ports of this role to the supervisor, and that the role is ready. Does nothing without a supervisor. */
export function reportReady(ports: Record<string, number> = {}): void {
  process.send?.({ type: 'ready', ports });
}

/** Environment variable of every process that a supervisor starts. With it, the process reports why it could not start. */
export const SUPERVISED_VARIABLE = 'AIRLOCK_INTERNAL_SUPERVISED';

/** Reports to the supervisor why this process exits. Resolves to whether the report was sent, which is false without a supervisor. */
export function reportFailed(message: string): Promise<boolean> {
  if (process.env[SUPERVISED_VARIABLE] !== '1' || !process.connected) return Promise.resolve(false);
  return new Promise((resolve) => {
    process.send!({ type: 'failed', message }, (error: Error | null) => resolve(error === null));
  });
}

/** Runs in the supervisor. Returns the reason from the message of a process that exits, or null for another message. */
export function failureIn(message: unknown): string | null {
  const { type, message: text } = (message ?? {}) as { type?: unknown; message?: unknown };
  return type === 'failed' && typeof text === 'string' ? text : null;
}

/** Environment variable of a role that its supervisor starts before the role's dependencies are ready. */
export const WAITS_VARIABLE = 'AIRLOCK_INTERNAL_WAITS';

interface Begin {
  type: 'begin';
  env: Record<string, string>;
}

/**
 * Waits until the supervisor reports that the role's dependencies are ready, and sets the environment variables that the supervisor sends.
 * A role calls this when it cannot continue without the database and storage. Without a supervisor, returns immediately. Exits the process
 * if the supervisor dies in the meantime.
 */
export async function waitForBegin(): Promise<void> {
  if (!process.send || process.env[WAITS_VARIABLE] !== '1') return;
  const gone = () => process.exit(1);
  const env = await new Promise<Record<string, string>>((resolve) => {
    const onMessage = (message: unknown) => {
      if ((message as Begin | null)?.type !== 'begin') return;
      process.off('message', onMessage);
      resolve((message as Begin).env);
    };
    process.on('message', onMessage);
    process.on('disconnect', gone);
    process.send!({ type: 'waiting' });
  });
  process.off('disconnect', gone);
  Object.assign(process.env, env);
}

/** Runs in the supervisor. Whether the message reports that a role waits for its dependencies. */
export function isWaiting(message: unknown): boolean {
  return (message as { type?: unknown } | null)?.type === 'waiting';
}

export function beginMessage(env: Record<string, string>): object {
  return { type: 'begin', env } satisfies Begin;
}
