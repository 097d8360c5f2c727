import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { expect } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import type { Random } from '../../testkit/random.ts';
import type { TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { until } from '../../testkit/until.ts';
import type { NetworkLink } from '../helpers/network.ts';
import { type Fleet, workFolder } from './fleet.ts';
import type { Island } from './island.ts';
import { expectEachCompletedOnce, expectFailedByLossAlone, expectNoOrphans, patientClient } from './load.ts';

export interface StormOptions {
  jobs: number;
  accounts: number;
  /** Milliseconds between two blows. */
  everyMs: number;
  /** Maximum number of blows. */
  blows: number;
  /** Maximum number of milliseconds for which a process is stopped or cut off. */
  freezeMs: number;
  /** Maximum number of concurrent requests of the clients. */
  width: number;
  random: Random;
  progress: (line: string) => void;
}

export interface StormReport {
  jobs: number;
  seconds: number;
  killed: Record<string, number>;
  stopped: Record<string, number>;
  cutOff: Record<string, number>;
  attempts: number;
  lost: number;
  /** Number of jobs whose worker died in each attempt. */
  failed: number;
}

/** Number of jobs that are checked together, so that a failure prints few jobs. */
const PIECE = 200;
const PATIENCE = { totalMs: 240_000, attemptMs: 10_000 };
const BODIES = [{ outputFormat: 'jpg' }, { outputFormat: 'wav' }, { outputFormat: 'mp4', preset: { quality: 'low' } }];

/**
 * Submits jobs of many accounts through all APIs while one process after the other is killed, stopped for a
 * while, or cut off from database or storage for a while.
 * Then checks by rows, events, attempts and files that every accepted job ended exactly once, and that nothing is left.
 */
export async function storm(service: TestService, fleet: Fleet, options: StormOptions): Promise<StormReport> {
  const { jobs, width, progress } = options;
  const began = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-storm-'));
  try {
    const clients = await makeClients(service, fleet, folder, options);
    const blows = startBlows(fleet, options);
    const ids: string[] = [];
    const submit = async () => {
      while (ids.length < jobs) {
        const index = ids.push('') - 1;
        ids[index] = await clients[index % clients.length]!(index);
        if (index % 100 === 99) progress(`${index + 1} jobs accepted, ${blows.count()} blows`);
      }
    };
    await Promise.all(Array.from({ length: width }, submit));
    await untilAllFinal(service, ids, progress);
    const struck = await blows.stop();
    const db = await connected(service);
    const failed = await expectFailedByLossAlone(db, ids);
    // A job dies of three kills in a row about once in some thousands of jobs. A higher number would have another cause.
    expect(failed.size).toBeLessThanOrEqual(Math.ceil(ids.length / 1_000));
    const completed = ids.filter((id) => !failed.has(id));
    for (let at = 0; at < completed.length; at += PIECE)
      await expectEachCompletedOnce(db, completed.slice(at, at + PIECE));
    await expectNoOrphans(db, service);
    await expectNoWork(service);
    const counts = await db.query(
      `SELECT count(*)::int AS attempts, count(*) FILTER (WHERE state = 'lost')::int AS lost FROM attempts
       WHERE job_id = ANY($1)`,
      [ids],
    );
    await db.end();
    return {
      jobs: ids.length,
      seconds: (Date.now() - began) / 1000,
      ...struck,
      ...counts.rows[0],
      failed: failed.size,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns for each account a function that creates a job through one of the APIs. */
async function makeClients(service: TestService, fleet: Fleet, folder: string, { accounts, random }: StormOptions) {
  const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 1, size: '64x64', rate: 5 });
  const clients: ((index: number) => Promise<string>)[] = [];
  for (let account = 0; account < accounts; account += 1) {
    const { key } = await service.makeKey('--account', `storm-${account}`);
    // Each attempt is sent to a random API.
    const somewhere = {
      get api() {
        return random.pick(fleet.apis());
      },
    };
    const client = patientClient(somewhere, key, PATIENCE);
    const { fileUrl } = await upload({ ...service, ...client } as TestService, clip);
    clients.push((index) => client.create({ inputs: [{ url: fileUrl }], ...BODIES[index % BODIES.length]! }));
  }
  return clients;
}

/**
 * Makes a blow at regular intervals. Most blows kill a random process. One blow in five stops a process and lets it continue later. One
 * blow in five cuts a worker off from the database or the storage, in one or both directions, and reconnects it later.
 */
function startBlows(fleet: Fleet, { everyMs, freezeMs, blows, random }: StormOptions) {
  const struck = { killed: {}, stopped: {}, cutOff: {} } as Record<
    'killed' | 'stopped' | 'cutOff',
    Record<string, number>
  >;
  /** Functions that end blows that last, by the stopped process or the cut link. */
  const lasting = new Map<number | NetworkLink, () => Promise<void>>();
  const count = () =>
    Object.values(struck)
      .flatMap((counts) => Object.values(counts))
      .reduce((sum, one) => sum + one, 0);
  const note = (kind: keyof typeof struck, name: string) => {
    struck[kind][name] = (struck[kind][name] ?? 0) + 1;
  };
  const last = (what: number | NetworkLink, undo: () => Promise<void>) => {
    lasting.set(what, undo);
    setTimeout(() => end(what), random.int(Math.min(1_000, freezeMs), freezeMs)).unref();
  };
  const end = async (what: number | NetworkLink) => {
    const undo = lasting.get(what);
    lasting.delete(what);
    await undo?.();
  };
  const cutOff = async ({ database, storage }: Island) => {
    const name = random.pick(['database', 'storage'] as const);
    const [link, loss] = [{ database, storage }[name], random.pick(['all', 'outgoing', 'incoming'] as const)];
    if (lasting.has(link)) return;
    note('cutOff', `${name}, ${loss}`);
    last(link, () => link.restore());
    await link.lose(loss);
  };
  const strike = () => {
    if (count() >= blows) return;
    // The first fault is a kill, so that every storm contains a kill.
    const kind = count() === 0 ? 2 : random.int(0, 4);
    if (kind === 1 && fleet.islands.length > 0) return void cutOff(random.pick(fleet.islands));
    const target = random.pick(fleet.targets());
    const pid = target.pid();
    if (pid === null || lasting.has(pid)) return;
    note(kind === 0 ? 'stopped' : 'killed', target.name);
    send(pid, kind === 0 ? 'SIGSTOP' : 'SIGKILL');
    if (kind === 0) last(pid, async () => send(pid, 'SIGCONT'));
  };
  const timer = setInterval(strike, everyMs);
  return {
    count,
    async stop() {
      clearInterval(timer);
      await Promise.all([...lasting.keys()].map(end));
      return struck;
    },
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended in the meantime.
  }
}

async function untilAllFinal(service: TestService, ids: string[], progress: (line: string) => void): Promise<void> {
  let last = Number.POSITIVE_INFINITY;
  await until(
    async () => {
      const open = await countOpen(service, ids).catch(() => null);
      if (open === null) return false;
      if (open < last) progress(`${open} jobs open`);
      last = open;
      return open === 0;
    },
    { what: 'the end of all jobs', timeoutMs: 300_000 + ids.length * 1_000, everyMs: 1_000 },
  );
}

async function countOpen(service: TestService, ids: string[]): Promise<number> {
  const db = await openServiceDatabase(service);
  db.on('error', () => {});
  try {
    const { rows } = await db.query(
      `SELECT count(*)::int AS n FROM jobs WHERE id = ANY($1) AND status IN ('pending', 'processing')`,
      [ids],
    );
    return rows[0].n;
  } finally {
    await db.end().catch(() => {});
  }
}

async function connected(service: TestService): Promise<Client> {
  const db = await until(() => openServiceDatabase(service).catch(() => null), { what: 'the database' });
  // A query also reports a lost connection. Without a listener, the event would end the process.
  db.on('error', () => {});
  return db;
}

/** Expects that no work folder contains anything, because no worker may leave files of a job behind. */
async function expectNoWork(service: TestService): Promise<void> {
  await until(
    async () => {
      const owners = await readdir(workFolder(service)).catch(() => []);
      const left = await Promise.all(owners.map((owner) => readdir(join(workFolder(service), owner)).catch(() => [])));
      return left.flat().length === 0;
    },
    { what: 'empty work folders', timeoutMs: 60_000 },
  );
}
