import { describe, expect, it } from 'vitest';
import { readTokenOptions, type TokenOptions } from './uploads.ts';

const ORIGIN = 'https://app.example.com';

describe('options of airlock uploads token create', () => {
  it('become the body of the request for a token', () => {
    const contentTypes = 'video/mp4, video/quicktime';
    expect(
      readTokenOptions({ maxBytes: '5000', origin: ORIGIN, contentTypes, maxFiles: '3', expiresIn: '600' }),
    ).toEqual({
      ...{ max_bytes: 5000, origin: ORIGIN, max_files: 3, expires_in: 600 },
      content_types: ['video/mp4', 'video/quicktime'],
    });
    expect(readTokenOptions({ maxBytes: '5000', anyOrigin: true })).toEqual({ max_bytes: 5000 });
  });

  const wrong: [options: TokenOptions, message: RegExp][] = [
    [{ maxBytes: '5000' }, /^--origin is missing.*--any-origin/],
    [{ maxBytes: '5000', origin: ORIGIN, anyOrigin: true }, /^--any-origin contradicts --origin/],
    [{ maxBytes: '5000', origin: `${ORIGIN}/` }, /^--origin is not the origin of a web page.*without a path/],
    [{ maxBytes: '5MB', origin: ORIGIN }, /^--max-bytes is "5MB".*integer from 1/],
    [{ maxBytes: '0', origin: ORIGIN }, /^--max-bytes .*1/],
    [{ maxBytes: '5000', origin: ORIGIN, maxFiles: '1001' }, /^--max-files .*1000/],
    [{ maxBytes: '5000', origin: ORIGIN, expiresIn: '59' }, /^--expires-in .*60/],
    [{ maxBytes: '5000', origin: ORIGIN, contentTypes: 'video/mp5' }, /^--content-types .*video\/mp4/],
  ];
  it.each(wrong)(
    'are rejected with an error that names the option, the reason and the remedy: %j',
    (options, message) => {
      expect(() => readTokenOptions(options)).toThrow(message);
    },
  );
});
