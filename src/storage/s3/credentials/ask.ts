import { openExchange } from '../../http-exchange.ts';
import { StorageError } from '../../types.ts';
import { readText } from '../client.ts';

export interface Question {
  /** Name of the service, such as "the instance metadata service", for the sentence "… could not be asked". */
  whom: string;
  /** Text that is appended to the message of a rejection. */
  remedy: string;
  /** Reads the code of a rejection from its document. Default: no code. */
  codeOf?: (body: string) => string | null;
  connectMs?: number;
  silenceMs?: number;
  ca?: string;
}

export interface AskOptions {
  method?: 'GET' | 'PUT' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

/**
 * Returns a function that sends one request and resolves with the body of a 200 response. It rejects with `StorageError`, which contains no
 * keys, tokens or bodies. 429 and 5xx can be retried; other statuses cannot.
 */
export function asking({ whom, remedy, codeOf, ca, connectMs = 2_000, silenceMs = 10_000 }: Question) {
  return async (url: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<string> => {
    const exchange = openExchange({ connections: 1, times: { connectMs, silenceMs }, ...(ca && { ca }) });
    try {
      const response = await exchange.send(url, { method, headers, ...(body !== undefined && { body }) });
      const status = response.statusCode ?? 0;
      const text = await readText(response);
      if (status === 200) return text;
      const code = codeOf?.(text);
      throw new StorageError(`${whom} responded with ${status}${code ? ` ${code}` : ''}: ${remedy}`, {
        retry: status >= 500 || status === 429,
        status,
        code: code ?? null,
      });
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const { code, name } = error as { code?: unknown; name: string };
      throw new StorageError(`${whom} could not be asked for credentials (${code ?? name}): ${remedy}`, {
        retry: true,
        cause: error,
      });
    } finally {
      exchange.close();
    }
  };
}

/** The error for a response that is not the requested document. */
export function unexpected(whom: string): StorageError {
  return new StorageError(`${whom} returned something other than credentials`, { retry: false });
}
