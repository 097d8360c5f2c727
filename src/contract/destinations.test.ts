import { describe, expect, it } from 'vitest';
import { createBody } from './transcodes.ts';

const inputs = [{ url: 'https://example.org/a.mp4' }];
const s3 = { connection: 'media', prefix: 'videos/2026' };
const url = 'https://bucket.example.org/a.mp4?X-Amz-Signature=0';

/** Returns the fields of all issues of a request for one MP4 with this destination. */
function faultsOf(destination: unknown, more: object = { outputFormat: 'mp4' }): string[] {
  const parsed = createBody.safeParse({ inputs, ...more, destination });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('a destination', () => {
  it.each([
    ['a signed URL with headers', { url, headers: { 'Content-Type': 'video/mp4', 'x-amz-acl': 'private' } }],
    ['a folder of a connection', { s3 }],
    ['the bucket alone', { s3: { connection: 'media', bucket: 'media' } }],
    ['a folder with a slash at its end', { s3: { connection: 'media', prefix: 'a/b/' } }],
  ])('can be %s', (_, destination) => expect(faultsOf(destination)).toEqual([]));

  it.each([
    ['neither URL nor bucket', {}, 'destination.url'],
    ['both a URL and a bucket', { url, s3 }, 'destination.s3'],
    ['headers without a URL', { s3, headers: {} }, 'destination.headers'],
  ])('is rejected with %s', (_, destination, field) => expect(faultsOf(destination)).toEqual([field]));

  it.each(['../x', 'a/../../b', './a', '/a', 'a//b', 'a\\b', 'a\nb', '..', 'a/..'])(
    'is rejected with the prefix %j, which could leave its folder',
    (prefix) => expect(faultsOf({ s3: { connection: 'media', prefix } })).toEqual(['destination.s3.prefix']),
  );

  it.each([
    ['a line break in a value', { 'x-a': 'b\r\nhost: evil' }],
    ['a line break in a name', { 'x-a\r\nhost': 'evil' }],
    ['a header that frames the request', { 'Transfer-Encoding': 'chunked' }],
    ['a header with another length', { 'content-length': '1' }],
    ['a header with another host', { Host: 'metadata' }],
    ['one header in two spellings', { 'x-a': '1', 'X-A': '2' }],
    ['more than 16 headers', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`x-${index}`, '1']))],
  ])('is rejected with %s', (_, headers) => expect(faultsOf({ url, headers })).toEqual(['destination.headers']));

  it('that is a URL is rejected for several outputs and for outputs of many files', () => {
    const outputs = [{ outputFormat: 'mp4' }, { outputFormat: 'mp3' }];
    expect(faultsOf({ url }, { outputs })).toEqual(['destination.url']);
    expect(faultsOf({ url }, { outputFormat: 'hls' })).toEqual(['destination.url']);
    expect(faultsOf({ url }, { outputFormat: 'sprite', every_seconds: 1 })).toEqual(['destination.url']);
    const own = [
      { outputFormat: 'mp4', destination: { url } },
      { outputFormat: 'hls', destination: { url } },
    ];
    expect(faultsOf(undefined, { outputs: own })).toEqual(['outputs.1.destination.url']);
    expect(faultsOf({ s3 }, { outputs })).toEqual([]);
  });

  it('cannot receive segments whose key stays in Airlock', () => {
    expect(faultsOf({ s3 }, { outputFormat: 'hls', encryption: 'aes-128' })).toEqual(['destination']);
  });
});
