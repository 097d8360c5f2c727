import { SupervisorError } from '../supervisor/supervisor-error.ts';
import type { FirstLogin, WantedKey } from './make-first-key.ts';

/*
 * The supervisor requests the first key of an installation from the API. The API already has the code and the connections for this, and its
 * database role may create keys. In the supervisor, the code and the connections would cost 50 ms and 4 MB.
 */

/** Milliseconds after which a start fails if the API, which may have ended, doesn't respond. */
const RESPONSE_MS = 15_000;

interface KeyRequest {
  type: 'first-key';
  wanted: WantedKey;
}

interface KeyResponse {
  type: 'first-key-made';
  login: FirstLogin;
}

interface KeyFailure {
  type: 'first-key-failed';
  reason: string;
}

/** Creates the first key when the supervisor requests it. Runs in the API, to which no other process can send this request. */
export function serveFirstKey(make: (wanted: WantedKey) => Promise<FirstLogin>): void {
  process.on('message', (message) => {
    if (!isOfType<KeyRequest>(message, 'first-key')) return;
    make(message.wanted).then(
      (login) => process.send?.({ type: 'first-key-made', login } satisfies KeyResponse),
      (error: Error) => process.send?.({ type: 'first-key-failed', reason: error.message } satisfies KeyFailure),
    );
  });
}

/** A request for the first key, as the supervisor sends it. */
export interface FirstKeyRequest {
  /** Receives every message of the API, and ignores messages that don't belong to the request. */
  receive(message: unknown): void;
  /** Sends the request with `send`. Rejects if the API cannot create the key or does not respond in time, or if `signal` aborts. */
  ask(send: (message: object) => void, wanted: WantedKey, signal: AbortSignal): Promise<FirstLogin>;
}

export function openFirstKeyRequest(responseMs = RESPONSE_MS): FirstKeyRequest {
  let settle: ((message: KeyResponse | KeyFailure) => void) | null = null;
  return {
    receive(message) {
      if (isOfType<KeyResponse>(message, 'first-key-made') || isOfType<KeyFailure>(message, 'first-key-failed'))
        settle?.(message);
    },
    async ask(send, wanted, signal) {
      const ended = AbortSignal.any([signal, AbortSignal.timeout(responseMs)]);
      const response = await new Promise<KeyResponse | KeyFailure>((resolve, reject) => {
        settle = resolve;
        const fail = () => reject(noKey('the API did not respond'));
        if (ended.aborted) return fail();
        ended.addEventListener('abort', fail, { once: true });
        send({ type: 'first-key', wanted } satisfies KeyRequest);
      });
      if (response.type === 'first-key-failed') throw noKey(response.reason);
      return response.login;
    },
  };
}

function noKey(reason: string): SupervisorError {
  return new SupervisorError(`The first key could not be created: ${reason}`, 'Start again');
}

function isOfType<T extends { type: string }>(message: unknown, type: T['type']): message is T {
  return (message as Partial<T> | null)?.type === type;
}
