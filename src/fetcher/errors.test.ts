import { expect, it } from 'vitest';
import { failures } from '../contract/failures.ts';
import { FetchError, toFetchError } from './errors.ts';

it('every code but "canceled" is a failure of the contract, with the same answer to "try again?"', () => {
  const codes = [
    ...(['source_refused', 'source_unreachable', 'source_not_found', 'source_error'] as const),
    ...(['source_too_large', 'source_timeout', 'source_incomplete'] as const),
  ];
  for (const code of codes) expect(new FetchError(code, '').retry).toBe(failures[code].retry);
  expect(new FetchError('canceled', '').retry).toBe(false);
});

it('the sentence for the user holds nothing of the error below', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EPIPE', '']) {
    for (const phase of ['connect', 'body'] as const) {
      const below = Object.assign(new Error(`${code} 10.0.0.7:80 secret.example`), { code });
      expect(toFetchError(below, phase).message).toMatch(/^The [a-zA-Z ]+\.$/);
    }
  }
});

it('the bytes that the parser choked on are not kept', () => {
  for (const code of ['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW']) {
    const below = Object.assign(new Error('Parse Error'), { code, rawPacket: Buffer.from('secret') });
    expect(toFetchError(below, 'connect')).toMatchObject({ code: 'source_error', retry: false, cause: below });
    expect(below.rawPacket).toBeUndefined();
  }
});
