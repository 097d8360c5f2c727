import { describe, expect, it } from 'vitest';
import { openFirstKeyRequest } from './first-key-request.ts';

const LOGIN = { firstKey: { file: '/data/first-key' }, setupToken: 'token' };
const NEVER = new AbortController().signal;

describe('a request of the supervisor for the first key', () => {
  it('is sent to the API, and returns the first login that the API created', async () => {
    const request = openFirstKeyRequest();
    const sent: object[] = [];
    const login = request.ask((message) => sent.push(message), '/data/first-key', NEVER);
    expect(sent).toEqual([{ type: 'first-key', wanted: '/data/first-key' }]);
    // The request ignores other messages of the API.
    for (const other of [null, 'text', { type: 'scrape', id: 1 }]) request.receive(other);
    request.receive({ type: 'first-key-made', login: LOGIN });
    expect(await login).toEqual(LOGIN);
  });

  it('fails with the reason that the API reports', async () => {
    const request = openFirstKeyRequest();
    const login = request.ask(() => request.receive({ type: 'first-key-failed', reason: 'disk full' }), true, NEVER);
    await expect(login).rejects.toThrow('The first key could not be created: disk full');
  });

  it('fails if the API does not respond in time, or if the start is aborted', async () => {
    await expect(openFirstKeyRequest(1).ask(() => {}, true, NEVER)).rejects.toThrow('the API did not respond');
    const abort = new AbortController();
    const login = openFirstKeyRequest().ask(() => {}, true, abort.signal);
    abort.abort();
    await expect(login).rejects.toThrow('the API did not respond');
  });
});
