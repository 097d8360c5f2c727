import { SupervisorError } from '../supervisor/supervisor-error.ts';
import type { FirstLogin } from './make-first-key.ts';

/*
 * The supervisor asks the API for the first key of an installation. The API has the code and the connections for it, which would
 * use 50 ms and 4 MB in the supervisor, and its database role creates keys anyway.
 */

/** Milliseconds. Fails a start whose API ends in between. */
const ANSWER_MS = 15_000;

/** `true` returns the key, a path writes it to that file, with mode 0600. */
export type WantedKey = true | string;

interface Question {
  type: 'first-key';
  wanted: WantedKey;
}

interface Answer {
  type: 'first-key-made';
  login: FirstLogin;
}

interface Failure {
  type: 'first-key-failed';
  reason: string;
}

/** In the API: creates the first key when the supervisor asks for it, which no other process can. */
export function serveFirstKey(make: (wanted: WantedKey) => Promise<FirstLogin>): void {
  process.on('message', (message) => {
    if (!isOfType<Question>(message, 'first-key')) return;
    make(message.wanted).then(
      (login) => process.send?.({ type: 'first-key-made', login } satisfies Answer),
      (error: Error) => process.send?.({ type: 'first-key-failed', reason: error.message } satisfies Failure),
    );
  });
}

/** In the supervisor. */
export interface FirstKeyRequest {
  /** Receives every message of the API. */
  receive(message: unknown): void;
  /** Asks with `send`. Rejects if the key cannot be created, without a response in time, and when `signal` aborts. */
  ask(send: (message: object) => void, wanted: WantedKey, signal: AbortSignal): Promise<FirstLogin>;
}

export function openFirstKeyRequest(answerMs = ANSWER_MS): FirstKeyRequest {
  let settle: ((message: Answer | Failure) => void) | null = null;
  return {
    receive(message) {
      if (isOfType<Answer>(message, 'first-key-made') || isOfType<Failure>(message, 'first-key-failed'))
        settle?.(message);
    },
    async ask(send, wanted, signal) {
      const ended = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
      const answer = await new Promise<Answer | Failure>((resolve, reject) => {
        settle = resolve;
        const fail = () => reject(noKey('the API did not respond'));
        if (ended.aborted) return fail();
        ended.addEventListener('abort', fail, { once: true });
        send({ type: 'first-key', wanted } satisfies Question);
      });
      if (answer.type === 'first-key-failed') throw noKey(answer.reason);
      return answer.login;
    },
  };
}

function noKey(reason: string): SupervisorError {
  return new SupervisorError(`The first key could not be created: ${reason}`, 'Start again');
}

function isOfType<T extends { type: string }>(message: unknown, type: T['type']): message is T {
  return (message as Partial<T> | null)?.type === type;
}
