import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../testkit/any-character.ts';
import { cleanFilename, numberedName, storedName } from '../storage/stored-name.ts';
import {
  API_KEY_PATTERN,
  hashApiKey,
  isWellFormedApiKey,
  isWellFormedUploadToken,
  makeApiKey,
  makeUploadToken,
} from './api-key.ts';
import { canonicalJson } from './hash.ts';
import { isUuid, uuidv7 } from './uuid.ts';

describe('API keys', () => {
  it('begin with al_live_, contain a checksum, and have a hash of 32 bytes', () => {
    const key = makeApiKey();
    expect(key.raw).toMatch(/^al_live_[0-9A-Za-z]{36}$/);
    expect(isWellFormedApiKey(key.raw)).toBe(true);
    expect(key.hash).toEqual(hashApiKey(key.raw));
    expect(key.hash).toHaveLength(32);
    expect(key.hint).toBe(key.raw.slice(-4));
  });

  it('are rejected when a single character is changed', () => {
    const { raw } = makeApiKey();
    for (let at = 8; at < raw.length; at++) {
      const other = raw[at] === 'A' ? 'B' : 'A';
      expect(isWellFormedApiKey(raw.slice(0, at) + other + raw.slice(at + 1))).toBe(false);
    }
  });

  it('end with the CRC-32 of IEEE 802.3, so that keys of every release stay valid', () => {
    expect(isWellFormedApiKey(`al_live_${'A'.repeat(30)}0uCPlr`)).toBe(true);
  });
});

describe('upload tokens', () => {
  it('have another prefix than keys, the same kind of checksum, and are found in text by the same pattern as keys', () => {
    const [key, token] = [makeApiKey().raw, makeUploadToken().raw];
    expect([isWellFormedUploadToken(token), isWellFormedUploadToken(key)]).toEqual([true, false]);
    expect(isWellFormedApiKey(token)).toBe(false);
    expect(isWellFormedUploadToken(key.replace('live', 'upload'))).toBe(true);
    expect(isWellFormedUploadToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBe(false);
    for (const secret of [key, token]) expect(API_KEY_PATTERN.test(`a ${secret} b`)).toBe(true);
  });
});

describe('UUIDs', () => {
  it('sort by time and have version 7', () => {
    const earlier = uuidv7(1_000_000);
    const later = uuidv7(2_000_000);
    expect(earlier < later).toBe(true);
    expect(isUuid(earlier)).toBe(true);
    expect(earlier[14]).toBe('7');
  });
});

describe('stored names', () => {
  const at = new Date('2026-05-22T14:30:45.678Z');

  it('contain the UTC time and the cleaned name', () => {
    expect(storedName('interview-raw.mp4', at)).toBe('20260522-143045-interview-raw.mp4');
  });

  it.each([
    ['../x', 'x'],
    ['%2e%2e%2f', '%2e%2e%2f'],
    ['a\0b.mp4', 'ab.mp4'],
    ['-rf.mp4', 'rf.mp4'],
    ['..hidden.mov', 'hidden.mov'],
    ['C:\\films\\clip.mp4', 'clip.mp4'],
    ['my holiday film.mp4', 'my holiday film.mp4'],
    ['\u202Egpj.mp4', 'gpj.mp4'],
    ['🎬.mp4', '🎬.mp4'],
    ['סרט.mp4', 'סרט.mp4'],
    ['///', 'file'],
    ['', 'file'],
  ])('are cleaned: %j becomes %j', (name, expected) => {
    expect(cleanFilename(name)).toBe(expected);
  });

  it('keep the extension of a name of 300 characters within 200 bytes', () => {
    const name = cleanFilename(`${'ü'.repeat(300)}.mp4`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name.endsWith('.mp4')).toBe(true);
  });

  it('never contain a separator, a control character, a leading dot or dash, for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 400 }), (input) => {
        const name = cleanFilename(input);
        expect(name).not.toMatch(/[/\\\p{Cc}\u202A-\u202E\u2066-\u2069]|^[.-]/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(name.length).toBeGreaterThan(0);
        expect(cleanFilename(name)).toBe(name);
      }),
    );
  });

  it('can get a number before the extension', () => {
    expect(numberedName('20260522-143045-a.mp4', 2)).toBe('20260522-143045-a-2.mp4');
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of fields', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: 'x' }] })).toBe(canonicalJson({ a: [{ c: 'x', d: null }], b: 1 }));
  });
});
