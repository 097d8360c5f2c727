import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { copyTree, isRoot, makeFolder, makePath, removeFolder, run } from './tree.ts';

let folder: string;
let launcher: string;
let paths = 0;

/** Returns a PATH without some programs, and with scripts instead of some other programs. */
function path(without: string[], scripts: Record<string, string> = {}): { PATH: string; bin: string } {
  paths += 1;
  const bin = makePath(join(folder, `path ${paths}`), without, scripts);
  return { PATH: bin, bin };
}

beforeAll(() => {
  folder = makeFolder();
  launcher = join(copyTree(join(folder, 'tree')), 'airlock');
  run(launcher, []);
});
afterAll(() => removeFolder(folder));

const rootNote = skipNote(!isRoot && 'needs root');

describe('./airlock with a lockfile that differs from the one in node_modules', () => {
  it('runs npm without scripts, and shows its output when it fails', () => {
    const copy = copyTree(join(folder, 'other lock'));
    writeFileSync(join(copy, 'package-lock.json'), '{"lockfileVersion": 3, "packages": {}}');
    const { PATH } = path([], { npm: 'echo "called in $PWD with $*"; exit 1' });
    const failed = run(join(copy, 'airlock'), [], { env: { PATH } });
    expect(failed).toMatchObject({ status: 69, output: {} });
    expect(failed.stderr).toContain('installing the npm packages of package-lock.json');
    expect(failed.stderr).toContain(`called in ${copy} with ci --ignore-scripts`);
  });

  it('runs npm once, and not again while the lockfile does not change', () => {
    const copy = copyTree(join(folder, 'new lock'));
    writeFileSync(join(copy, 'package-lock.json'), '{"lockfileVersion": 3, "packages": {}}');
    const { PATH } = path([], { npm: 'exit 0' });
    expect(run(join(copy, 'airlock'), [], { env: { PATH } }).stderr).toContain('npm packages');
    expect(run(join(copy, 'airlock'), [], { env: { PATH } })).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('./airlock on a machine where something is missing', () => {
  it('prints the exact command if it may not install packages', () => {
    const { PATH } = path(['ffmpeg', 'ffprobe', 'bwrap', 'sudo']);
    const result = run(launcher, ['up'], { env: { PATH }, asNobody: isRoot });
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('apt-get update && apt-get install -y ffmpeg bubblewrap\n');
  });

  it('prints the help of the test command without installing the packages that only tests need', () => {
    const { PATH } = path(['gcc', 'chromium', 'chromium-headless-shell', 'apt-get']);
    for (const args of [
      ['test', '--help'],
      ['test', 'src', '-h'],
    ]) {
      expect(run(launcher, args, { env: { PATH } })).toMatchObject({ status: 0, stderr: '', output: { args } });
    }
  });

  it('names the missing packages if there is no apt', () => {
    const { PATH } = path(['bwrap', 'apt-get']);
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('by their Debian names: bubblewrap\n');
  });

  it.runIf(isRoot)(`installs the packages as root, quietly and without questions${rootNote}`, () => {
    const log = join(folder, 'apt.log');
    const { PATH, bin } = path(['bwrap'], {
      'apt-get': `echo "$DEBIAN_FRONTEND $*" >>'${log}'; echo chatter; case "$*" in *install*) ln -s /usr/bin/true '${join(folder, `path ${paths + 1}`, 'bin/bwrap')}';; esac`,
    });
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result).toMatchObject({ status: 0, output: { args: ['up'] } });
    expect(result.stderr).toBe('airlock: updating the lists of packages\nairlock: installing bubblewrap\n');
    expect(existsSync(join(bin, 'bwrap'))).toBe(true);
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatch(/^noninteractive .*update$/);
    expect(calls[1]).toMatch(/^noninteractive .*install --no-install-recommends bubblewrap$/);
  });

  it.runIf(isRoot)(`shows the end of the log when apt fails, and stops${rootNote}`, () => {
    const { PATH } = path(['bwrap'], { 'apt-get': 'echo "E: no such mirror" >&2; exit 100' });
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result).toMatchObject({ status: 69, output: {} });
    expect(result.stderr).toContain('E: no such mirror');
  });

  it.runIf(isRoot)(`stops if apt reports success but the program is still missing${rootNote}`, () => {
    const { PATH } = path(['bwrap'], { 'apt-get': 'exit 0' });
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('Still missing after the installation: bubblewrap');
  });

  it('requires a compiler only for the tests', () => {
    const { PATH } = path(['gcc', 'apt-get']);
    expect(run(launcher, ['up'], { env: { PATH } }).status).toBe(0);
    expect(run(launcher, ['test'], { env: { PATH } }).stderr).toMatch(
      /by their Debian names: gcc( python3-swift)?( php-cli php-curl)?( nginx-light)?( postgresql-client-17)?\n/,
    );
  });

  it('rejects a Node that is too old, with the commands that fix it', () => {
    const { PATH } = path([], { node: 'echo v18.20.4' });
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('Node.js is v18.20.4, and Airlock needs 20.19 or newer.');
    expect(result.stderr).toContain('apt-get update && apt-get install -y nodejs npm\n');
  });

  it.runIf(isRoot)(`does not install a Node of the distribution that is too old${rootNote}`, () => {
    const { PATH } = path(['node', 'nodejs'], {
      'apt-get': 'case "$*" in *install*) echo must not happen; exit 1;; esac',
      'apt-cache': 'printf "nodejs:\\n  Installed: (none)\\n  Candidate: 18.19.0+dfsg-6\\n"',
    });
    const result = run(launcher, ['up'], { env: { PATH } });
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('Node.js is missing, and Airlock needs 20.19 or newer.');
    expect(result.stderr).not.toContain('must not happen');
  });
});
