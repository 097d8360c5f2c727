import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { copyTree, isRoot, makeFolder, makePath, removeFolder, run, runAsync } from './tree.ts';

const namespaces = isRoot && spawnSync('unshare', ['--mount', '--propagation', 'private', 'true']).status === 0;

let folder: string;
let closed: string;
let tree: string;

beforeAll(() => {
  folder = makeFolder();
  closed = join(folder, 'closed');
  mkdirSync(closed);
  tree = copyTree(join(closed, 'the tree'));
  chmodSync(closed, 0o700);
});
afterAll(() => removeFolder(folder));

const note = skipNote(!namespaces && 'needs root and mount namespaces');

describe.runIf(namespaces)(`./airlock as root in a folder that other users cannot enter${note}`, () => {
  it('continues under paths that the service account can reach, and keeps the working directory', () => {
    const { status, output } = run(join(tree, 'airlock'), ['up', 'x'], { cwd: closed });
    expect(status).toBe(0);
    expect(output).toMatchObject({
      reachable: true,
      args: ['up', 'x'],
      cwd: closed,
      shown: join(closed, '.airlock'),
    });
    expect(output.file).toMatch(/^\/run\/airlock\/[0-9a-f]{16}\/app\/dist\/airlock\.js$/);
    expect(output.dataDir).toMatch(/^\/run\/airlock\/[0-9a-f]{16}\/data$/);
    expect(statSync(join(closed, '.airlock')).mode & 0o777).toBe(0o711);
  });

  it('leaves no mount behind', () => {
    run(join(tree, 'airlock'), ['up'], { cwd: closed });
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('the\\040tree');
  });

  it('can run twice at the same time under the same paths', async () => {
    const runs = await Promise.all([1, 2].map(() => runAsync(join(tree, 'airlock'), ['up'], { cwd: closed })));
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect(runs[0]!.output).toEqual(runs[1]!.output);
  });

  it('starts if the folder of the repository itself is closed', () => {
    const own = copyTree(join(folder, 'own'));
    chmodSync(own, 0o700);
    expect(run('./airlock', ['up'], { cwd: own }).output).toMatchObject({ reachable: true, cwd: own });
    expect(statSync(own).mode & 0o777).toBe(0o700);
  });

  it('gives only the data directory a second path if only the data directory is closed', () => {
    const open = copyTree(join(folder, 'open'));
    const dataDir = join(closed, 'deep/data');
    const { output } = run(join(open, 'airlock'), ['up'], { env: { AIRLOCK_DATA_DIR: dataDir } });
    expect(output).toMatchObject({ reachable: true, shown: dataDir, file: join(open, 'dist/airlock.js') });
    expect(output.dataDir).toMatch(/^\/run\/airlock\//);
  });

  it('creates no data directory for help, and none for a transcode on another server', () => {
    const dataDir = join(closed, 'never');
    const env = { AIRLOCK_DATA_DIR: dataDir };
    expect(run(join(tree, 'airlock'), ['--help'], { env }).status).toBe(0);
    expect(run(join(tree, 'airlock'), ['transcode', 'a'], { env: { ...env, AIRLOCK_URL: 'http://x' } }).status).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('runs the tests under the second path as well', () => {
    const { output } = run(join(tree, 'airlock'), ['test', 'one'], { cwd: closed });
    expect(output).toMatchObject({ args: ['run', 'one'] });
    expect(output.cwd).toMatch(/^\/run\/airlock\/[0-9a-f]{16}\/app$/);
    expect(readdirSync(closed)).not.toContain('node_modules');
  });

  it('explains what to do when the system rejects the namespace', () => {
    const PATH = makePath(join(folder, 'refusing'), [], { unshare: 'exit 1' });
    const result = run(join(tree, 'airlock'), ['up'], { cwd: closed, env: { PATH } });
    expect(result.status).toBe(77);
    expect(result.stderr).toContain(`chmod o+x '${closed}'`);
    expect(result.stderr).toContain('Or run Airlock as an ordinary user.');
  });
});
