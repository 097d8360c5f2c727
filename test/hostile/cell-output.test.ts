import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { type Attacker, openAttacker } from './cell-attacker.ts';
import { hasCompiler, LIMITS, MIB, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const OUTPUT_BYTES = 4 * MIB;
const LIMITED = { ...LIMITS, outputBytes: OUTPUT_BYTES };

const compilerNote = skipNote(!hasCompiler && 'gcc is not installed');

describe.runIf(hasCompiler).each(['bwrap', 'landlock'] as const)(
  `disk space for a cell of the tier %s${compilerNote}`,
  (tier) => {
    let attacker: Attacker;
    beforeAll(async () => {
      attacker = await openAttacker(tier);
    });
    afterAll(() => attacker.close());

    it.each([
      ['files that stay mapped after they are unlinked', 'mapped'],
      ['many files', 'many'],
      ['files that never had a name', 'nameless'],
      ['blocks beyond the end of the output', 'beyond the end'],
    ])('never exceeds the output limit, even if a program reserves the space in %s', async (_, how) => {
      const { report } = await attacker.attack([`hold ${how}`], { limits: LIMITED });
      expect(report.get(`held ${how}`)).toBeLessThanOrEqual(OUTPUT_BYTES);
    });

    it('is limited exactly, to the byte, in the output itself', async () => {
      const { result, report } = await attacker.attack(['deadly overrun the output'], { limits: LIMITED });
      expect(result.end).toBe('limit_output');
      expect(report.get('end')).toBeUndefined();
    });

    it('is available only to the outputs, which cannot be renamed or replaced', async () => {
      const { result, report } = await attacker.attack(['rename report', 'write new', 'write report', 'folder new'], {
        limits: LIMITED,
      });
      expect(result.end).toBe('exit');
      for (const attempt of [
        'remove report',
        'rename report',
        'replace report',
        'link report',
        'write new',
        'folder new',
      ])
        expect(report.get(attempt), attempt).toBeLessThan(0);
      expect(report.get('write report')).toBeGreaterThanOrEqual(0);
    });

    describe('a directory that the cell may fill', () => {
      const directories = [{ name: 'tree', directories: ['low'], maxFiles: 100 }];

      it.each([
        ['more files than it may have', 'files'],
        ['more bytes than the limit of outputs', 'bytes'],
        ['a directory that it may not make', 'directories'],
        ['files that are open and have no name any more', 'unlinked'],
        ['files that others have replaced', 'replaced'],
        ['files that are mapped and have no name any more', 'mapped'],
        ['files that never had a name', 'nameless'],
      ])('is limited, and the cell ends if it makes %s', async (_, how) => {
        const { result, report } = await attacker.attack([`fill ${how}`], { limits: LIMITED, directories });
        // In some tiers, creating directories or files without a name fails.
        if (how === 'nameless' && !report.has('filled nameless')) return;
        if (how === 'directories' && report.get('filled directories')! < 0) return;
        expect(result.end).toBe('limit_output');
        expect(result.wallMs).toBeLessThan(30_000);
      });

      it('can contain files that replace each other, but no links, devices or other directories', async () => {
        let found: string[] = [];
        const { result, report } = await attacker.attack(['litter'], {
          ...{ limits: LIMITED, directories },
          inspect: ({ outputDir }) => {
            found = readdirSync(outputDir, { recursive: true, encoding: 'utf8' }).sort();
          },
        });
        expect(result.end).toBe('exit');
        for (const attempt of ['symbolic link', 'hard link', 'device', 'pipe', 'another directory', 'file outside'])
          expect(report.get(attempt), attempt).toBeLessThan(0);
        for (const attempt of ['file', 'rename', 'file below'])
          expect(report.get(attempt), attempt).toBeGreaterThanOrEqual(0);
        expect(found).toEqual(['report', 'tree', 'tree/file', 'tree/low', 'tree/low/file']);
      });
    });
  },
);
