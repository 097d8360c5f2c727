import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ElfError, readElf } from './elf.ts';
import { stubLibrary } from './stub-library.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-stub-'));
  const write = (name: string, lines: string[]) => writeFileSync(join(folder, name), lines.join('\n'));
  write('other.c', ['int other(void) { return 5; }']);
  write('unused.c', [
    '#include <stdio.h>',
    'int other(void);',
    '__thread int per_thread = 3;',
    '__attribute__((constructor)) static void init(void) { puts("init"); }',
    'static int five(void) { return 5; }',
    'static int (*resolve(void))(void) { return five; }',
    'int chosen(void) __attribute__((ifunc("resolve")));',
    'int number(void) { return 7 + per_thread + other(); }',
    'const char *text(void) { return "text"; }',
  ]);
  write('versions', ['NAMED_1 { global: number; chosen; };', 'NAMED_2 { global: text; };']);
  write('main.c', [
    '#include <stdio.h>',
    'int number(void); int chosen(void); const char *text(void);',
    'int main(void) { printf("%d %d %s", number(), chosen(), text() ? text() : "none"); }',
  ]);
  gcc('-shared', '-fPIC', '-o', 'libother.so', 'other.c');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gcc = (...args: string[]) => execFileSync('gcc', args, { cwd: folder });
const at = (name: string) => join(folder, name);
const runMain = () =>
  execFileSync(at('main'), { env: { LD_LIBRARY_PATH: folder, LD_BIND_NOW: '1' }, encoding: 'utf8' });
function build(hashStyle: string): Buffer {
  const link = [`-Wl,--hash-style=${hashStyle}`, '-Wl,--version-script=versions', '-Wl,-z,now', '-L.', '-lother'];
  gcc('-shared', '-fPIC', '-o', 'libunused.so', 'unused.c', ...link);
  gcc('-o', 'main', 'main.c', '-L.', '-lunused', '-Wl,--allow-shlib-undefined');
  return readFileSync(at('libunused.so'));
}

describe('a stub of a library', () => {
  it.each(['gnu', 'sysv', 'both'])('keeps names and versions, and its functions return zero (%s)', (hashStyle) => {
    const original = build(hashStyle);
    expect(runMain()).toBe('init\n15 5 text');
    const stub = stubLibrary(Buffer.from(original));
    writeFileSync(at('libunused.so'), stub);
    expect(runMain()).toBe('0 0 none');
    expect(stub).toHaveLength(original.length);
    expect(readElf(original).needed).toEqual(expect.arrayContaining(['libother.so', 'libc.so.6']));
    expect(readElf(stub).needed).toEqual([]);
  });

  it('contains no code of the library', () => {
    const original = build('gnu');
    const { segments } = readElf(original);
    const { offset, fileSize } = segments.find(({ type, flags }) => type === 1 && (flags & 1) === 1)!;
    const code = stubLibrary(Buffer.from(original)).subarray(offset, offset + fileSize);
    // A stub has `xor eax, eax; ret` and int3 on x86, and two instructions and zeros on ARM.
    expect(new Set(code).size).toBeLessThan(8);
  });

  it('is made only from a library, and a damaged library causes no error other than an ElfError', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), readFileSync(at('main')).subarray(0, 200)]) {
      expect(() => stubLibrary(bytes)).toThrow(ElfError);
    }
    const original = build('gnu');
    const flip = fc.record({ place: fc.nat(4095), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), (flips) => {
        const damaged = Buffer.from(original);
        for (const { place, value } of flips) damaged[place] = value;
        try {
          expect(stubLibrary(damaged)).toHaveLength(original.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ElfError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
