import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeTrimmed, readTrimmed } from '../../src/sandbox/trimmed/store.ts';
import { withLock } from '../../src/supervisor/file-lock.ts';
import { runCli } from '../../testkit/service.ts';
import { skipNote } from '../helpers/skip-note.ts';

const ROOT = join(import.meta.dirname, '../..');
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

const BUNDLED: string[] = JSON.parse(readFileSync(join(ROOT, 'scripts/bundled-packages.json'), 'utf8'));

interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version: string;
  purl: string;
  hashes?: { alg: string; content: string }[];
}

const note = skipNote(!existsSync('/usr/bin/dpkg-query') && 'needs dpkg');

describe('./airlock sbom', () => {
  let document: { specVersion: string; components: Component[]; dependencies: { ref: string; dependsOn: string[] }[] };
  const dataDir = mkdtempSync(join(tmpdir(), 'airlock-sbom-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
  beforeAll(async () => {
    // A worker would stop using this build, because the installed package is newer than the build's source.
    const build = { folder: 'old', source: '0:0.1-1', recipe: 'r', checkedAt: '', since: '', attacks: 1, runs: 1 };
    await changeTrimmed({ dataDir, withLock }, () => ({ active: build }));
    const env = { ...process.env, AIRLOCK_DATA_DIR: dataDir, AIRLOCK_FFMPEG_BUILD: 'auto' };
    const { code, stdout, stderr } = await runCli(['sbom'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    document = JSON.parse(stdout);
  });

  it('prints a CycloneDX document whose references are unique and resolve', () => {
    expect(document.specVersion).toBe('1.5');
    const refs = document.components.map((one) => one['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    const known = new Set([...refs, ...document.dependencies.map(({ ref }) => ref)]);
    expect(document.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !known.has(ref))).toEqual([]);
  });

  it('does not change which FFmpeg the jobs use', () => {
    expect(readTrimmed(dataDir).active?.folder).toBe('old');
  });

  it('lists every package of a running service and of the browser bundles, with its hash, and no build tool', () => {
    const npm = new Map(
      document.components
        .filter(({ purl }) => purl?.startsWith('pkg:npm/'))
        .map((one) => [`${one.name}@${one.version}`, one]),
    );
    const names = [...npm.values()].map(({ name }) => name);
    const wanted = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
    expect(wanted.filter((one) => !npm.has(one))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(BUNDLED));
    for (const one of npm.values()) expect(one.hashes?.[0]?.alg, one.name).toBe('SHA-512');
    expect(['vitest', 'esbuild', 'typescript', 'playwright-core'].filter((name) => names.includes(name))).toEqual([]);
  });

  it('detects which packages the browser bundles contain', () => {
    const files = execFileSync('git', ['ls-files', 'web/src', 'docs/site'], { cwd: ROOT, encoding: 'utf8' }).split(
      '\n',
    );
    const imported = files
      .filter((path) => /\.(tsx?|js)$/.test(path) && !/\.test\.tsx?$/.test(path) && existsSync(join(ROOT, path)))
      .flatMap((path) => [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^import .*?from '([^'.][^']*)'/gms)])
      .map(([, name]) => /^(@[^/]+\/)?[^/]+/.exec(name!)![0])
      .filter((name) => !(name in dependencies));
    expect([...new Set(imported)].sort()).toEqual([...BUNDLED].sort());
  });

  it.skipIf(!existsSync('/usr/bin/dpkg-query'))(
    `lists FFmpeg and its libraries with the versions that dpkg reports${note}`,
    () => {
      const debian = new Map(
        document.components.filter(({ purl }) => purl?.startsWith('pkg:deb/')).map((one) => [one.name, one]),
      );
      const names = [...debian.keys()];
      expect(names).toEqual(expect.arrayContaining(['ffmpeg', 'bubblewrap', 'util-linux', 'libc6']));
      expect(names.filter((name) => /^libavcodec/.test(name))).toHaveLength(1);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query, not of JavaScript
      const printed = execFileSync('/usr/bin/dpkg-query', ['-W', '-f', '${Package} ${Version}\n', ...names], {
        encoding: 'utf8',
      });
      const versions = new Map(
        printed
          .trim()
          .split('\n')
          .map((line) => line.split(' ') as [string, string]),
      );
      for (const [name, { version }] of debian) expect([name, version]).toEqual([name, versions.get(name)]);
      expect(debian.get('ffmpeg')).toMatchObject({ type: 'application', purl: expect.stringContaining('?arch=') });
      const needs = document.dependencies.find(({ ref }) => ref === debian.get('ffmpeg')!['bom-ref']);
      expect(needs?.dependsOn).toEqual(
        expect.arrayContaining([debian.get(names.find((name) => /^libavcodec/.test(name))!)!['bom-ref']]),
      );
    },
  );
});
