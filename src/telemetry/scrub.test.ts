import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../testkit/any-character.ts';
import { cpuMs } from '../../testkit/cpu-time.ts';
import { scrub } from './scrub.ts';

const KEY = 'al_live_0123456789abcdefABCDEF0123456789abcd';
const SIGNATURE = '6f3c2b7a9d';

describe('scrub', () => {
  it.each([
    [
      'GET https://b.s3.example.com/a.mp4?X-Amz-Signature=6f&x=1 failed',
      'GET https://b.s3.example.com/a.mp4?[removed] failed',
    ],
    ['https://a.com/x#access_token=1', 'https://a.com/x#[removed]'],
    ['open s3://bucket/key?sig=1: no', 'open s3://bucket/key?[removed] no'],
    ['gs://bucket/a b?c', 'gs://bucket/a b?c'],
    ['https://user:pass@a.com/x', 'https://[removed]@a.com/x'],
    ['https://token@a.com/x@y?z', 'https://[removed]@a.com/x@y?[removed]'],
    ["movie=https\\://a.com/x.srt?sig=1'", 'movie=https\\://a.com/x.srt?[removed]'],
    ['{\\"u\\":\\"https:\\/\\/a.com\\/x?sig=1\\"}', '{\\"u\\":\\"https:\\/\\/a.com\\/x?[removed]"}'],
    ['u=https%3A%2F%2Fa.com%2Fx%3Fsig%3D1', 'u=https%3A%2F%2Fa.com%2Fx%3F[removed]'],
    ['GET /v1/transcodes?api_key=1&x=2 200', 'GET /v1/transcodes?[removed] 200'],
    ['postgres://app:p@ss/w:rd@db:5432/x?sslmode=require', 'postgres://[removed]@db:5432/x?[removed]'],
    ['postgres://app:p?ss@db/x', 'postgres://[removed]'],
    ['postgresql://db/x', 'postgresql://db/x'],
    ['host=db user=app password=hunter2 dbname=x', 'host=db user=app password=[removed] dbname=x'],
    ["host=db password='hunter 2' dbname=x", "host=db password='[removed]' dbname=x"],
    ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=[removed] psql'],
    ['AWS_SECRET_ACCESS_KEY=abc/def', 'AWS_SECRET_ACCESS_KEY=[removed]'],
    ['Authorization: Bearer abc.def', 'Authorization: [removed]'],
    ['authorization: AWS4-HMAC-SHA256 Credential=AKIA/2026/x, Signature=6f', 'authorization: [removed]'],
    ['sent Bearer abc.def, got 401', 'sent Bearer [removed], got 401'],
    ['x-amz-signature: 6f', 'x-amz-signature: [removed]'],
    ['X-Goog-Signature%3D6f&a', 'X-Goog-Signature%3D[removed]&a'],
    ['X-Amz-Credential=AKIA%2F2026&b=1', 'X-Amz-Credential=[removed]&b=1'],
    ['a=1&sig=6f&b=2', 'a=1&sig=[removed]&b=2'],
    [`key ${KEY}, used`, 'key al_live_[removed], used'],
    [`token ${KEY.replace('live', 'upload')}, used`, 'token al_upload_[removed], used'],
    [`https://a.com/${KEY}/x`, 'https://a.com/al_live_[removed]/x'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nx', '[removed]\nx'],
  ])('turns %s into %s', (text, expected) => {
    expect(scrub(text)).toBe(expected);
    expect(scrub(expected)).toBe(expected);
  });

  it.each([
    'Stream #0:0: Video: h264 (High), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 25 fps',
    '/in/0: Invalid data found when processing input',
    'frame= 100 fps= 50 q=28.0 size= 256kB time=00:00:04.00 bitrate= 524.3kbits/s speed=2.01x',
    'Could not find the key frame; is this file broken?',
    'https://example.com/a/b.mp4',
    'gs://bucket/20260522-143045-clip.mp4',
    '{"keyframe":1,"code":"invalid_media"}',
  ])('does not change ordinary text: %s', (text) => expect(scrub(text)).toBe(text));

  /** Text without whitespace and quotes, as it can be in a URL that people paste. */
  const urlText = fc.string({ unit: fc.constantFrom(..."abc019&=%;,/?#@:\\'<>()[]{}|~!$*+-._é") });
  const around = fc.string();

  it('never keeps the signature of a URL, regardless of what surrounds it', () => {
    const scheme = fc.constantFrom('http', 'https', 's3', 'gs', 'HTTPS', 'wss', 'postgres');
    fc.assert(
      fc.property(
        around,
        scheme,
        fc.tuple(urlText, urlText, urlText),
        around,
        (before, name, [path, query, more], after) => {
          const url = `${name}://h/${path}?${query}${SIGNATURE}${more}`;
          return !scrub(`${before} ${url} ${after}`).includes(SIGNATURE);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('never keeps an API key, regardless of what surrounds it', () => {
    const piece = fc.oneof(around, urlText, fc.string({ unit: anyCharacter }));
    fc.assert(
      fc.property(piece, piece, (before, after) => !scrub(`${before}${KEY}${after}`).includes(KEY.slice(8, 20))),
      { numRuns: 3000 },
    );
  });

  it('never keeps the password of a database URL, encoded or not', () => {
    fc.assert(
      fc.property(urlText, urlText, around, (before, more, after) => {
        const url = `postgres://app:${before}${SIGNATURE}${more}@db.example:5432/airlock`;
        return !scrub(`${after} ${url}`).includes(SIGNATURE);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ...['/', 'a.', '://', 'postgres://', 'https://@', '?', '&', "'/", ' /', 'password ', 'authorization ', '%25', '\\'],
    ...[
      ':\\',
      '-----BEGIN ',
      '-----BEGIN A PRIVATE KEY-----',
      'al_live_',
      'https%3A%2F%2F',
      'signature ',
      '=',
      'Bearer ',
    ],
  ])('takes less than a second of processor time for 200,000 characters of %j', (piece) => {
    const text = `x?key=${piece.repeat(200_000 / piece.length)}`;
    expect(cpuMs(() => scrub(text))).toBeLessThan(1000);
  });
});
