/**
 * A test runs this script in its own mount namespace, as `run.ts <folder of the small disk> <clip>`. First, an attacker fills the
 * disk with files while another account works. Then the service dies and starts again on a full disk. Then an attacker fills the
 * database with rows. Prints its observations. All three parts use one service, because a first start takes several seconds.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkRootImage } from '../../../testkit/data-directory.ts';
import { startService, type TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { isAlive } from '../load.ts';
import { type Disk, openDisk, RESERVE_MB } from './disk.ts';
import { attackWithFiles } from './files.ts';
import { attackWithRows } from './rows.ts';

const [folder, clip] = process.argv.slice(2) as [string, string];
const ENV = {
  AIRLOCK_DISK_RESERVE: `${RESERVE_MB}MB`,
  AIRLOCK_FETCH_ALLOW: '127.0.0.0/8',
  AIRLOCK_WORKER_SLOTS: '3',
};

/** Kills the service, and fills the disk up to 8 MB as another program could. Returns the free megabytes. */
async function dieOnFullDisk(service: TestService, disk: Disk): Promise<number> {
  // PostgreSQL keeps running until the next start.
  const processes = [service.pid, ...['api', 'gateway', 'worker'].flatMap((role) => service.pids(role))];
  process.kill(service.pid, 'SIGKILL');
  await until(() => !processes.some(isAlive), { what: 'the end of the processes of the service' });
  await disk.fillUntil(8, 'of-another-program');
  return disk.freeMb();
}

/** Makes unconfirmed uploads expire, and waits until the service has deleted them. */
async function expireUploads(service: TestService, disk: Disk): Promise<boolean> {
  const db = await openServiceDatabase(service);
  await db.query(`UPDATE uploads SET created_at = now() - interval '2 h' WHERE state = 'pending'`);
  await db.end();
  const lowMb = await disk.freeMb();
  return until(async () => (await disk.freeMb()) > lowMb + 20, { what: 'the sweep' });
}

const disk = openDisk(folder);
const dataDir = join(folder, 'data');
await linkRootImage(dataDir, undefined, true);
let service = await startService(ENV, { dataDir });
const files = await attackWithFiles(service, disk, clip);
const outputs = [service.output()];
const beforeMb = await dieOnFullDisk(service, disk);
service = await startService(ENV, { dataDir });
const health = (await service.call('GET', '/health-check')).json.storage;
const swept = await expireUploads(service, disk);
for (const name of ['of-others', 'of-another-program']) await rm(join(folder, name), { force: true });
const { close, ...rows } = await attackWithRows(service, disk, clip);
await disk.fillUntil(20, 'of-another-program');
const stopped = service.stop();
close();
await stopped;
const exitCode = service.exitCode();
outputs.push(service.output());
const noSpace = outputs.map((output) => output.includes('No space left'));
process.stdout.write(`\n${JSON.stringify({ files, beforeMb, health, swept, rows, exitCode, noSpace })}\n`);
process.exit(0);
