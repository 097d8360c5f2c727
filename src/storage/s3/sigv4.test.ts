import { AwsV4Signer } from 'aws4fetch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalQuery, encodePath, sign, UNSIGNED_PAYLOAD } from './sigv4.ts';

const datetime = '20261124T101112Z';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const common = { service: 's3', region: 'eu-west-1', accessKeyId: 'AKID', secretAccessKey, datetime, allHeaders: true };

/** Characters of keys that signers often encode incorrectly: reserved, escaped, spaces, non-ASCII, astral. */
const character = fc.oneof(
  fc.constantFrom(...'abc/09-._~!\'()*+ %&=?#:;,@$[]\\"<>'),
  fc.constantFrom('é', '中', '🎬', 'ש'),
);
const text = fc.string({ unit: character, maxLength: 30 });
/** URL parsers rewrite dot segments before a signer sees them, so no key has them (keys.ts). */
const key = text.filter((value) => value.split('/').every((part) => part !== '.' && part !== '..'));
/** The values by which signing keys are cached. */
const scope = fc.record({
  datetime: fc.constantFrom(datetime, '20261125T000000Z'),
  region: fc.constantFrom('eu-west-1', 'us-east-1'),
  secretAccessKey: fc.constantFrom(secretAccessKey, 'another/secret'),
});
const header = fc.stringMatching(/^[!-~]( {0,3}[!-~]){0,20}$/);
const query = fc.uniqueArray(
  fc.tuple(
    text.filter((name) => name !== '' && !/^x-amz-/i.test(name)),
    text,
  ),
  {
    selector: ([name]) => name,
    maxLength: 5,
  },
);

describe('sigv4', () => {
  it('computes the signature of the example in the S3 documentation', () => {
    const signature = sign(
      {
        method: 'GET',
        path: '/test.txt',
        query: [
          ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
          ['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
          ['X-Amz-Date', '20130524T000000Z'],
          ['X-Amz-Expires', '86400'],
          ['X-Amz-SignedHeaders', 'host'],
        ],
        headers: [['host', 'examplebucket.s3.amazonaws.com']],
        payloadHash: UNSIGNED_PAYLOAD,
      },
      '20130524T000000Z',
      'us-east-1',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    );
    expect(signature).toBe('aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404');
  });

  it('agrees with aws4fetch on header signatures for any key, query, header, day, region and secret', async () => {
    await fc.assert(
      fc.asyncProperty(key, query, header, scope, async (name, pairs, value, scoped) => {
        const path = `/bucket/${encodePath(name)}`;
        const url = `http://127.0.0.1:8081${path}?${canonicalQuery(pairs)}`;
        const signed = await new AwsV4Signer({
          ...common,
          ...scoped,
          method: 'PUT',
          url,
          headers: { 'x-amz-note': value },
        }).sign();
        const expected = sign(
          {
            method: 'PUT',
            path,
            query: pairs,
            headers: [
              ['host', '127.0.0.1:8081'],
              ['x-amz-note', value],
              ['x-amz-content-sha256', UNSIGNED_PAYLOAD],
              ['x-amz-date', scoped.datetime],
            ],
            payloadHash: UNSIGNED_PAYLOAD,
          },
          scoped.datetime,
          scoped.region,
          scoped.secretAccessKey,
        );
        expect(signed.headers.get('authorization')).toContain(`Signature=${expected}`);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with aws4fetch on query signatures for any key and query', async () => {
    await fc.assert(
      fc.asyncProperty(key, query, async (name, pairs) => {
        const path = `/bucket/${encodePath(name)}`;
        const url = `https://storage.example${path}?${canonicalQuery(pairs)}`;
        const signed = await new AwsV4Signer({ ...common, method: 'GET', url, signQuery: true }).sign();
        const seen = [...signed.url.searchParams];
        const expected = sign(
          {
            method: 'GET',
            path,
            query: seen.filter(([each]) => each !== 'X-Amz-Signature'),
            headers: [['host', 'storage.example']],
            payloadHash: UNSIGNED_PAYLOAD,
          },
          datetime,
          'eu-west-1',
          secretAccessKey,
        );
        expect(signed.url.searchParams.get('X-Amz-Signature')).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
