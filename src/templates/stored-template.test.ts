import { describe, expect, it } from 'vitest';
import { readRequest } from './stored-template.ts';

describe('the stored request of a template', () => {
  it('is read as it was saved', () => {
    const request = {
      outputs: [{ outputFormat: 'mp4', preset: { quality: 'low' } }],
      metadata: { any: { thing: [1] } },
    };
    expect(readRequest(request)).toEqual(request);
  });

  it.each([
    ['a field', { outputFormat: 'mp4', future: 1 }],
    ['a field of an output', { outputs: [{ outputFormat: 'mp4', future: 1 }] }],
    ['a value', { outputFormat: 'future' }],
  ])('is not read if a newer release saved it with %s that this release does not know', (_, request) => {
    expect(readRequest(request)).toBeNull();
  });
});
