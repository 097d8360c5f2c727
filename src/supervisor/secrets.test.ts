import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { loadSecrets, writeAtomically } from './secrets.ts';

const folders: { remove(): Promise<void> }[] = [];
let folder: string;

beforeEach(async () => {
  const made = await makeTestFolder();
  folders.push(made);
  folder = made.path;
});
afterAll(async () => {
  for (const made of folders) await made.remove();
});

describe('the secrets of an installation', () => {
  it('are created once, with mode 0600, and do not change', async () => {
    const first = await loadSecrets(folder);
    expect(first.storageAccessKeyId).toMatch(/^AIR[A-Z2-7]{17}$/);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
    expect(await loadSecrets(folder)).toEqual(first);
  });

  it('are the same for all concurrent callers, which leave no staging file', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadSecrets(folder)));
    expect(new Set(all.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(['secrets.json', 'secrets.lock']);
  });

  it('differ between installations', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    expect((await loadSecrets(folder)).storageSecretKey).not.toBe((await loadSecrets(other)).storageSecretKey);
  });

  it('keep existing values when a newer version adds a secret', async () => {
    const { postgresAdminPassword: _, ...older } = await loadSecrets(folder);
    await writeFile(join(folder, 'secrets.json'), JSON.stringify({ ...older, later: 'kept' }));
    const now = await loadSecrets(folder);
    expect(now).toMatchObject({ ...older, later: 'kept' });
    expect(now.postgresAdminPassword).toBeTruthy();
  });

  it('are rejected when other users can read them', async () => {
    await loadSecrets(folder);
    await chmod(join(folder, 'secrets.json'), 0o640);
    await expect(loadSecrets(folder)).rejects.toThrow(/is readable by other users.*chmod 600/);
  });

  it('never replace a damaged file, and are not quoted in the error', async () => {
    const path = join(folder, 'secrets.json');
    await writeFile(path, '{"storageSecretKey":"hush', { mode: 0o600 });
    const message = await loadSecrets(folder).catch((error: Error) => error.message);
    expect(message).toMatch(/damaged.*backup/);
    expect(message).not.toContain('hush');
    expect(await readFile(path, 'utf8')).toContain('hush');
  });
});

describe('an atomic write', () => {
  it('replaces the entire file and sets its mode', async () => {
    const path = join(folder, 'x');
    await writeAtomically(path, 'long text', 0o600);
    await writeAtomically(path, 'new', 0o644);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });
});
