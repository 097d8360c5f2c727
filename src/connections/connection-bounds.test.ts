import { describe, expect, it } from 'vitest';
import { findBoundFault } from './connection-bounds.ts';

const read = (key: string) => ({ purpose: 'read', key }) as const;
const write = (key: string) => ({ purpose: 'write', key }) as const;

describe('a connection', () => {
  it('without a prefix and a mode allows every use', () => {
    expect([read('a/b.mp4'), write(''), read('../a')].map((use) => findBoundFault({}, use))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it.each([
    ['team/a.mp4', true],
    ['team/deep/a.mp4', true],
    ['team/', true],
    ['team', false],
    ['teammates/a.mp4', false],
    ['a/team/a.mp4', false],
    ['/team/a.mp4', false],
    ['', false],
    ['team/../other/a.mp4', false],
    ['team/./a.mp4', false],
    ['team/..a.mp4', true],
  ])('with the prefix team/ allows the key "%s": %s', (key, isAllowed) => {
    for (const use of [read(key), write(key)]) {
      expect(findBoundFault({ prefix: 'team/' }, use) === null).toBe(isAllowed);
    }
  });

  it('allows only reading with the mode read, and only writing with the mode write', () => {
    const allowed = (mode: 'read' | 'write' | 'read_write') =>
      [read('a'), write('a')].map((use) => findBoundFault({ mode }, use) === null);
    expect([allowed('read'), allowed('write'), allowed('read_write')]).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
  });
});
