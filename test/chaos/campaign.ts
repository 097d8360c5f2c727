/*
 * Runs a long storm: ./airlock test --chaos 30m [--jobs N] [--seed N] [--storage swift]. Repeats rounds of jobs on a fleet of three APIs
 * and four workers until the time is over, and prints what was killed, stopped and cut off. Exits with 1 if a job was lost or ended twice.
 */
import { parseArgs } from 'node:util';
import { randomOf } from '../../testkit/random.ts';
import { startService } from '../../testkit/service.ts';
import { startSwiftServers, swiftVariables } from '../../testkit/swift/start.ts';
import { whyNoNetwork } from '../helpers/network.ts';
import { openFleet } from './fleet.ts';
import { storm } from './storm.ts';

const JOBS = 500;
/** Milliseconds for which a process is stopped. They exceed the 30 seconds after which a worker without a heartbeat loses its jobs. */
const FREEZE_MS = 40_000;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    seed: { type: 'string' },
    every: { type: 'string' },
    storage: { type: 'string' },
  },
});
const duration = /^(\d+)([smh])$/.exec(positionals[0] ?? '10m');
if (!duration) {
  process.stderr.write(`airlock: "${positionals[0]}" is not a duration. Write 90s, 30m or 2h.\n`);
  process.exit(64);
}
const end = Date.now() + Number(duration[1]) * UNITS[duration[2]!]! * 1000;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
process.stdout.write(`seed ${seed}\n`);

const swift = values.storage === 'swift' ? await startSwiftServers() : null;
const storage = swift ? await swiftVariables(swift.endpoint, 1) : {};
const service = await startService({ ...storage, AIRLOCK_WORKER_SLOTS: '2', AIRLOCK_LOG_LEVEL: 'error' });
const noIslands = swift ? 'the storage is Swift' : await whyNoNetwork();
if (noIslands) process.stdout.write(`no worker is cut off: ${noIslands}\n`);
const fleet = await openFleet(service, noIslands ? { apis: 3, workers: 4 } : { apis: 3, workers: 3, islands: 1 });
try {
  for (let round = 1; round === 1 || Date.now() < end; round += 1) {
    const report = await storm(service, fleet, {
      jobs: Number(values.jobs ?? JOBS),
      accounts: 20,
      everyMs: Number(values.every ?? 2_000),
      freezeMs: FREEZE_MS,
      blows: Number.POSITIVE_INFINITY,
      width: 8,
      random: randomOf(seed + round),
      progress: (line) => process.stdout.write(`round ${round}: ${line}\n`),
    });
    process.stdout.write(`round ${round}: ${JSON.stringify(report)}\n`);
  }
  process.stdout.write('every accepted job ended exactly once, and nothing is left\n');
} finally {
  await fleet.stop();
  await service.remove();
  await swift?.close();
}
