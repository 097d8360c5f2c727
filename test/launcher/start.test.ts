import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeFlags } from '../../src/cli/v8-options.ts';
import { projectRoot } from '../../src/config/root.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { copyTree, isRoot, makeFolder, removeFolder, run, runAsync } from './tree.ts';

let folder: string;
let tree: string;
let launcher: string;

beforeAll(() => {
  folder = makeFolder();
  tree = copyTree(join(folder, "a tree's (own) name"));
  launcher = join(tree, 'airlock');
});
afterAll(() => removeFolder(folder));

const stamp = () => statSync(join(tree, 'dist/.sources')).mtimeMs;

const rootNote = skipNote(!isRoot && 'needs root');

describe('./airlock', () => {
  it('builds at the first start, without npm if the packages are already installed', () => {
    const first = run(launcher, ['up', 'a b', '']);
    expect(first.stderr).toBe('airlock: building\n');
    expect(first).toMatchObject({ status: 0, output: { args: ['up', 'a b', ''], cwd: '/' } });
  });

  it('builds nothing and prints nothing at the second start', () => {
    run(launcher, ['up']);
    const before = stamp();
    const second = run(launcher, ['up']);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(stamp()).toBe(before);
  });

  it('runs in any working directory and through a symbolic link, and keeps the working directory', () => {
    const link = join(folder, 'link');
    symlinkSync(launcher, link);
    expect(run(link, ['x'], { cwd: folder }).output).toMatchObject({ cwd: folder, args: ['x'] });
    expect(run('./airlock', ['x'], { cwd: tree }).output).toMatchObject({ cwd: tree });
    expect(run('../airlock', ['x'], { cwd: join(tree, 'src') }).output).toMatchObject({ cwd: join(tree, 'src') });
  });

  it('builds again when a source file is changed, added or removed, but not for a test', () => {
    const main = join(tree, 'src/cli/main.ts');
    writeFileSync(main, readFileSync(main, 'utf8').replace(`mark: 'first'`, `mark: 'second'`));
    expect(run(launcher, []).output).toMatchObject({ mark: 'second' });
    writeFileSync(join(tree, 'src/other.ts'), 'export {};\n');
    expect(run(launcher, []).stderr).toContain('building');
    writeFileSync(join(tree, 'src/other.test.ts'), 'export {};\n');
    expect(run(launcher, []).stderr).toBe('');
  });

  it('shows the end of the log when the build fails, keeps the old program, and recovers at the next start', () => {
    const main = join(tree, 'src/cli/main.ts');
    const text = readFileSync(main, 'utf8');
    writeFileSync(main, 'import "./not-there.ts";\n');
    const failed = run(launcher, []);
    expect(failed.status).toBe(70);
    expect(failed.stderr).toContain('not-there.ts');
    expect(existsSync(join(tree, 'dist/airlock.js'))).toBe(true);
    expect(readdirSync(join(tree, '.build')).filter((name) => name !== 'lock')).toEqual([]);
    writeFileSync(main, text);
    expect(run(launcher, []).status).toBe(0);
  });

  it('builds once when several processes start at the same time', async () => {
    writeFileSync(join(tree, 'src/more.ts'), 'export {};\n');
    const runs = await Promise.all([1, 2, 3].map(() => runAsync(launcher, ['up'])));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(runs.filter(({ stderr }) => stderr.includes('building'))).toHaveLength(1);
  });

  it('keeps the chunks of the previous build for a service that still runs it', () => {
    const main = join(tree, 'src/cli/main.ts');
    const text = readFileSync(main, 'utf8');
    const late = join(tree, 'src/cli/late.ts');
    for (const version of [1, 2]) {
      writeFileSync(late, `export const late = ${version};\n`);
      writeFileSync(main, `import('./late.ts').then(({ late }) => console.log(JSON.stringify({ late })));\n`);
      expect(run(launcher, []).output).toEqual({ late: version });
    }
    const chunks = readdirSync(join(tree, 'dist/chunks')).filter((name) => /^late-.*\.js$/.test(name));
    expect(chunks).toHaveLength(2);
    writeFileSync(main, text);
  });

  it('runs the code that the build compiled, and compiles the sources itself if a file of compiled code is damaged', () => {
    const options = '--max-semi-space-size=1';
    const compiled = join(tree, 'dist/compiled', options);
    const [main] = readdirSync(compiled).filter((name) => name.startsWith('main-'));
    const check = `
      const [source, cachedData] = process.argv.slice(1).map((path) => require('node:fs').readFileSync(path));
      const script = new (require('node:vm').Script)(source.toString(), { cachedData });
      console.log(script.cachedDataRejected);`;
    const files = [join(tree, 'dist/chunks', main!), join(compiled, main!)];
    const isRejected = () =>
      spawnSync(process.execPath, [options, ...runtimeFlags('up'), '-e', check, ...files])
        .stdout.toString()
        .trim();
    expect(isRejected()).toBe('false');
    writeFileSync(join(compiled, main!), readFileSync(join(compiled, main!)).subarray(0, 200));
    expect(isRejected()).toBe('true');
    expect(run(launcher, ['x'])).toMatchObject({ status: 0, output: { args: ['x'] } });
  });

  it('passes "test" with its arguments to Vitest, in the root of the repository', () => {
    const { output } = run(launcher, ['test', 'src/crypto', '--bail', '1'], { cwd: folder });
    expect(output).toMatchObject({ args: ['run', 'src/crypto', '--bail', '1'], cwd: tree });
  });

  it('passes "bench" with its arguments to the benchmarks, in the root of the repository', () => {
    const { output } = run(launcher, ['bench', '--case', 'memory'], { cwd: folder });
    expect(output).toMatchObject({ args: ['--case', 'memory'], cwd: tree });
  });

  it.runIf(isRoot)(`builds FFmpeg only as root, and only at an absolute path${rootNote}`, () => {
    const real = join(projectRoot(), 'airlock');
    const relative = run(real, ['ffmpeg', 'build', 'here']);
    expect(relative).toMatchObject({ status: 2, stderr: 'airlock: here is not an absolute path\n' });
    const rejected = run(real, ['ffmpeg', 'build', join(folder, 'ffmpeg')], { asNobody: true });
    expect(rejected.status).toBe(2);
    expect(rejected.stderr).toContain('run it as root');
    expect(existsSync(join(folder, 'ffmpeg'))).toBe(false);
  });

  it.runIf(isRoot)(`runs for a user without write access here, as long as nothing has to be built${rootNote}`, () => {
    run(launcher, []);
    chmodSync(tree, 0o755);
    expect(run(launcher, ['x'], { asNobody: true })).toMatchObject({ status: 0, stderr: '', output: { args: ['x'] } });
    writeFileSync(join(tree, 'src/new.ts'), 'export {};\n');
    const rejected = run(launcher, ['x'], { asNobody: true });
    expect(rejected.status).toBe(77);
    expect(rejected.stderr).toContain('Run ./airlock once as the owner');
  });
});
