import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { claimInstance, readReadyFile } from './ready-file.ts';

const folders: { remove(): Promise<void> }[] = [];
let folder: string;
const addresses = { api: 'http://127.0.0.1:1', storage: 'http://127.0.0.1:2', metrics: 'http://127.0.0.1:3/metrics' };

beforeEach(async () => {
  const made = await makeTestFolder();
  folders.push(made);
  folder = made.path;
});
afterAll(async () => {
  for (const made of folders) await made.remove();
});

describe('ready.json', () => {
  it('exists from the announcement of the service until its withdrawal', async () => {
    const instance = await claimInstance(folder);
    expect(await readReadyFile(folder)).toBeNull();
    await instance.announce(addresses);
    expect(JSON.parse(await readFile(join(folder, 'ready.json'), 'utf8'))).toEqual({ ...addresses, pid: process.pid });
    expect(await readReadyFile(folder)).toEqual({ ...addresses, pid: process.pid });
    await instance.release();
    expect(existsSync(join(folder, 'ready.json'))).toBe(false);
    expect(await readReadyFile(folder)).toBeNull();
  });

  it('is ignored when another process has reused its process id', async () => {
    const instance = await claimInstance(folder);
    await instance.announce(addresses);
    await writeFile(join(folder, 'up.lock'), `${process.pid} 1\n`);
    expect(await readReadyFile(folder)).toBeNull();
    await instance.release();
  });
});

describe('claiming a data directory', () => {
  it('fails for a second process, names the first process in the error, and succeeds after the release', async () => {
    const first = await claimInstance(folder);
    await expect(claimInstance(folder)).rejects.toThrow(`process ${process.pid}`);
    await first.release();
    await (await claimInstance(folder)).release();
  });

  it('succeeds immediately after its owner is killed, and ignores and deletes the ready.json of the owner', async () => {
    const script = `
      import { claimInstance } from ${JSON.stringify(join(import.meta.dirname, 'ready-file.ts'))};
      const instance = await claimInstance(process.argv[1]);
      await instance.announce(${JSON.stringify(addresses)});
      console.log('claimed');
      setInterval(() => {}, 1000);
    `;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script, folder];
    const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(await readReadyFile(folder)).toMatchObject({ pid: holder.pid });
    holder.kill('SIGKILL');
    await gone;
    expect(await readReadyFile(folder)).toBeNull();
    const instance = await claimInstance(folder);
    expect(existsSync(join(folder, 'ready.json'))).toBe(false);
    await instance.release();
  });
});
