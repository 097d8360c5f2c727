import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { isPure, loadedBy, pureTests } from '../helpers/pure-tests.ts';
import { ROOT, readSources } from './sources.ts';

describe('the project of pure tests', () => {
  it('contains the tests of planning and parsing, and no test that uses FFmpeg, a database or the gateway', () => {
    const pure = new Set(pureTests());
    expect(pure.size).toBeGreaterThan(100);
    for (const path of [
      'src/ffmpeg/plan/plan.test.ts',
      'src/contract/null-fields.test.ts',
      'src/text-render/layout.test.ts',
    ])
      expect(pure).toContain(path);
    for (const path of ['src/ffmpeg/probe/probe.test.ts', 'src/jobs/locks.test.ts', 'src/gateway/upload.test.ts'])
      expect(pure).not.toContain(path);
  });

  it('excludes a test if a file that it imports indirectly is not pure', () => {
    expect(isPure(join(ROOT, 'src/ffmpeg/plan/plan.ts'))).toBe(true);
    // Only helpers of this test import PostgreSQL.
    expect(isPure(join(ROOT, 'test/api/job.test.ts'))).toBe(false);
    expect(isPure(join(ROOT, 'src/sanitizer/thread.test.ts'))).toBe(false);
  });

  it('reads imports as TypeScript does, and omits imports of types', () => {
    const text = `import type { A } from '../a.ts';\nimport { b } from '../b.ts';\nimport {\n  type C,\n} from './c.ts';
export * from './d.ts';\nexport type { E } from './e.ts';\nimport 'f';\nconst g = await import('g');`;
    expect(loadedBy(text)).toEqual(['../b.ts', './c.ts', './d.ts', 'f', 'g']);
    const missed = readSources().flatMap(({ path, text }) => {
      const found = [...loadedBy(text), ...typesOf(text)];
      return ts
        .preProcessFile(text, true, true)
        .importedFiles.filter(({ fileName }) => !found.includes(fileName))
        .map(({ fileName }) => `${path} → ${fileName}`);
    });
    expect(missed).toEqual([]);
  });
});

/** Returns the modules from which a file imports only types. */
function typesOf(text: string): string[] {
  return [...text.matchAll(/^(?:import|export) type [^';]*? from '([^']+)'/gm)].map(([, name]) => name!);
}
