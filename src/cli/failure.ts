import type { CommanderError } from 'commander';
import type { AirlockError } from '../../sdk/src/index.ts';
import { connectAdvice } from '../database/connect-advice.ts';
import { EXIT } from './exit.ts';
import { dim, red } from './style.ts';
import { plain } from './table.ts';

/**
 * The message of an error. For an error of Airlock's own functions, adds the field, the reason and the remedy. A
 * server's message already contains them.
 */
function explain(error: Error & { details?: unknown }): string {
  if (error.name === 'AirlockError') return error.message;
  const { field, reason, remedy } = (error.details ?? {}) as Partial<Record<'field' | 'reason' | 'remedy', string>>;
  return [error.message, [field, reason].filter(Boolean).join(' '), remedy].filter(Boolean).join('. ');
}

/** The pages and logs to check after a server's error. */
function whereToLook({ status, code, requestId, docs }: AirlockError): string {
  const key = status === 401 || status === 403 ? 'Check AIRLOCK_API_KEY. ' : '';
  return `${key}See ${docs ?? `code ${code} in docs/errors.md`}${requestId ? `; request ${requestId} in the log of the server` : ''}`;
}

/** Writes what went wrong to standard error. Returns the exit code. */
export function reportFailure(error: unknown): number {
  if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { name, code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const inUse = code === 'EADDRINUSE';
  const message = inUse
    ? `Port ${port} on ${address} is in use. Stop what uses it, or set AIRLOCK_PORT, AIRLOCK_STORAGE_PORT and AIRLOCK_METRICS_PORT.`
    : (connectAdvice(error as Error) ?? explain(error as Error));
  process.stderr.write(`${red('airlock:')} ${plain(message)}
`);
  if (name === 'AirlockError')
    process.stderr.write(
      dim(`${whereToLook(error as AirlockError)}
`),
    );
  if (inUse) return EXIT.unavailable;
  if (process.env.AIRLOCK_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
  if (name === 'UsageError') return EXIT.usage;
  if (name === 'ConfigError' || name === 'SandboxError') return EXIT.config;
  return name === 'SupervisorError' || name === 'UnavailableError' ? EXIT.unavailable : EXIT.failed;
}

/** Checks the code, not the class, because the processes of a service don't load the command-line parser. */
function isCommanderError(error: unknown): error is CommanderError {
  return String((error as { code?: unknown } | null)?.code).startsWith('commander.');
}
