import { expect, it } from 'vitest';
import { failures } from '../contract/failures.ts';
import { FetchError, toFetchError } from './errors.ts';

it('every error of the fetcher has the retry flag of the contract, except "canceled", which is not in the contract', () => {
  const codes = [
    ...(['source_refused', 'source_unreachable', 'source_not_found', 'source_error'] as const),
    ...(['source_too_large', 'source_timeout', 'source_incomplete'] as const),
  ];
  for (const code of codes) expect(new FetchError(code, '').retry).toBe(failures[code].retry);
  expect(new FetchError('canceled', '').retry).toBe(false);
});

it('the message of an error contains no part of its cause', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EPIPE', '']) {
    for (const phase of ['connect', 'body'] as const) {
      const cause = Object.assign(new Error(`${code} 10.0.0.7:80 secret.example`), { code });
      expect(toFetchError(cause, phase).message).toMatch(/^The [a-zA-Z ]+\.$/);
    }
  }
});

it('an error contains none of the bytes that the HTTP parser rejected', () => {
  for (const code of ['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW']) {
    const cause = Object.assign(new Error('Parse Error'), { code, rawPacket: Buffer.from('secret') });
    expect(toFetchError(cause, 'connect')).toMatchObject({ code: 'source_error', retry: false, cause });
    expect(cause.rawPacket).toBeUndefined();
  }
});
