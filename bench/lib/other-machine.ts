import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl } from '../../src/cli/database-url.ts';
import { readConfig } from '../../src/config/config.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { programArgs } from '../../testkit/program.ts';
import type { TestService } from '../../testkit/service.ts';

/** Runs workers as if on another machine: they share neither host name nor data directory with the service. */
export interface OtherMachine {
  /** Starts a worker with one slot. Returns its process id when it claims jobs. */
  startWorker(): Promise<number>;
  close(): Promise<void>;
}

/** Requires root, to set a separate host name. */
export async function openOtherMachine(service: TestService): Promise<OtherMachine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-bench-other-'));
  await copyFile(join(service.dataDir, 'secrets.json'), join(dataDir, 'secrets.json'));
  const secrets = await loadSecrets(service.dataDir);
  const env = {
    ...process.env,
    AIRLOCK_DATA_DIR: dataDir,
    AIRLOCK_DATABASE_URL: databaseUrl(readConfig({ AIRLOCK_DATA_DIR: service.dataDir }), secrets, 'worker'),
    AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=${service.storage}&region=local`,
    AWS_ACCESS_KEY_ID: secrets.storageAccessKeyId,
    AWS_SECRET_ACCESS_KEY: secrets.storageSecretKey,
    AIRLOCK_METRICS_PORT: '0',
    AIRLOCK_WORKER_SLOTS: '1',
    AIRLOCK_LOG_LEVEL: 'warn',
  };
  const renamed = ['--uts', 'sh', '-c', 'hostname bench-other && exec "$@"', 'sh'];
  const ends: (() => Promise<void>)[] = [];
  return {
    async startWorker() {
      const args = [...renamed, process.execPath, ...programArgs(['worker'])];
      // Each program of the chain replaces the previous program, so the process id is the id of the worker.
      const child = spawn('unshare', args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const exited = once(child, 'exit');
      ends.push(async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
        await exited;
      });
      const ready = new Promise<void>((resolve) =>
        child.on('message', (message) => {
          if ((message as { type: string }).type === 'ready') resolve();
        }),
      );
      const ended = exited.then(([code]) => Promise.reject(new Error(`the worker ended with ${code}`)));
      ended.catch(() => {});
      await Promise.race([ready, ended]);
      return child.pid!;
    },
    async close() {
      for (const end of ends) await end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
