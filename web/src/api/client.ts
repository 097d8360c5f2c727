import { noteServerTime } from '../lib/clock.ts';
import { Problem, unreachable } from './problem.ts';
import { csrfToken, endSession } from './session-state.ts';

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Calls the API with the session's cookie, and returns the parsed response. Requests that change something also contain the session's
 * token, which a page of another site cannot know. Throws `Problem`.
 */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { body, headers, signal } = options;
  const token = csrfToken();
  const sent = Date.now();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && token !== null && { 'x-airlock-csrf': token }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  noteServerTime(response.headers.get('date'), sent, Date.now());
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  if (response.status === 401 && path !== '/v1/session') endSession();
  throw new Problem(response.status, answer, Number(response.headers.get('retry-after')) || null);
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', path, signal ? { signal } : {});
}

export function post<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  return call<T>('POST', path, { body, headers });
}

export function patch<T>(path: string, body?: unknown): Promise<T> {
  return call<T>('PATCH', path, { body });
}

export function remove<T>(path: string): Promise<T> {
  return call<T>('DELETE', path);
}
