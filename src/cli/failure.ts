import type { CommanderError } from 'commander';
import type { AirlockError } from '../../sdk/src/index.ts';
import { connectAdvice } from '../database/connect-advice.ts';
import { reportFailed } from '../supervisor/child.ts';
import { EXIT } from './exit.ts';
import { listenFault } from './listen-fault.ts';
import { dim, red } from './style.ts';
import { plain } from './table.ts';

/**
 * Returns the message of an error. For an error of Airlock's own functions, adds the field, the reason and the remedy, which a server's
 * message already contains.
 */
function explain(error: Error & { details?: unknown }): string {
  if (error.name === 'AirlockError') return error.message;
  const { field, reason, remedy } = (error.details ?? {}) as Partial<Record<'field' | 'reason' | 'remedy', string>>;
  return [error.message, [field, reason].filter(Boolean).join(' '), remedy].filter(Boolean).join('. ');
}

/** Returns a sentence that names the pages and logs to read after a server's error. */
function whereToLook({ status, code, requestId, docs }: AirlockError): string {
  const key = status === 401 || status === 403 ? 'Check AIRLOCK_API_KEY. ' : '';
  return `${key}See ${docs ?? `code ${code} in docs/errors.md`}${requestId ? `; request ${requestId} in the log of the server` : ''}`;
}

/** Writes the error to standard error, or lets the supervisor of this process write it. Returns the exit code. */
export async function reportFailure(error: unknown): Promise<number> {
  if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const fault = listenFault(error as Error);
  const advice = connectAdvice(error as Error, process.env.AIRLOCK_DATABASE_URL);
  const message = oneLine(fault?.message ?? advice ?? explain(error as Error));
  if (process.env.AIRLOCK_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
  if (!(await reportFailed(message))) {
    process.stderr.write(`${red('airlock:')} ${message}\n`);
    if ((error as Error).name === 'AirlockError') process.stderr.write(dim(`${whereToLook(error as AirlockError)}\n`));
  }
  return fault?.exitCode ?? (advice === null ? exitCodeOf(error as Error) : EXIT.unavailable);
}

function exitCodeOf(error: Error & { exitCode?: number }): number {
  switch (error.name) {
    case 'UsageError':
      return EXIT.usage;
    case 'ConfigError':
    case 'SandboxError':
      return EXIT.config;
    case 'SupervisorError':
    case 'UnavailableError':
      return EXIT.unavailable;
    case 'AirlockError':
      return (error as AirlockError).code === 'invalid_request' ? EXIT.usage : EXIT.failed;
    case 'StartFailure':
      return error.exitCode ?? EXIT.unavailable;
    default:
      return EXIT.failed;
  }
}

function oneLine(text: string): string {
  return plain(text.trim().replaceAll(/\s*[\r\n]\s*/g, ' '));
}

/** Checks the code instead of the class, because the processes of a service don't load the command-line parser. */
function isCommanderError(error: unknown): error is CommanderError {
  return String((error as { code?: unknown } | null)?.code).startsWith('commander.');
}
