import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import type { NamespaceReport } from './fetcher-net/run-rows.ts';

const SCRIPT = fileURLToPath(new URL('fetcher-net/run-rows.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Routes every address to this machine, so that no packet leaves the machine and the test sees each packet. */
const PREPARE = [
  'ip link set lo up',
  'ip route add local 0.0.0.0/0 dev lo',
  'ip -6 route add local ::/0 dev lo',
  'mount --bind "$1" /etc/resolv.conf',
  'mount --bind "$2" /etc/nsswitch.conf',
].join(' && ');

const isRoot = process.getuid?.() === 0;
const namespace = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--net', '--mount'];
const skipReason = findSkipReason();

/** Returns why the test cannot run here; null if it can. */
function findSkipReason(): string | null {
  const [program, ...args] = namespace;
  const made = spawnSync(program!, [...args, 'sh', '-c', 'ip link set lo up'], { encoding: 'utf8', timeout: 10_000 });
  if (made.error) return made.error.message;
  return made.status === 0 ? null : `cannot create a network namespace: ${made.stderr.trim()}`;
}

describe.skipIf(skipReason !== null)(`the fetcher in a separate network${skipNote(skipReason)}`, () => {
  let folder: string;
  let report: NamespaceReport;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-fetch-namespace-'));
    const resolver = join(folder, 'resolv.conf');
    const order = join(folder, 'nsswitch.conf');
    writeFileSync(resolver, 'nameserver 127.0.0.53\noptions timeout:1 attempts:1\n');
    writeFileSync(order, 'hosts: files dns\n');
    const [program, ...args] = namespace;
    const node = [process.execPath, '--expose-gc', '--import', 'tsx', SCRIPT];
    const shell = ['sh', '-c', `${PREPARE} && shift 2 && exec "$@"`, 'sh', resolver, order, ...node];
    const output = execFileSync(program!, [...args, ...shell], { cwd: ROOT, encoding: 'utf8', timeout: 110_000 });
    report = JSON.parse(output.trim().split('\n').at(-1)!) as NamespaceReport;
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the target of more than a thousand attacks of many kinds', () => {
    expect(report.rows).toBeGreaterThan(1000);
    expect(report.kinds).toBeGreaterThan(60);
  });

  it('rejects each attack with its declared code', () => {
    expect(report.wrong).toEqual([]);
  });

  it('never connects to a non-public address or another port', () => {
    expect(report.canary).toEqual([]);
  });

  it('is compared with an unguarded client, which reaches all seven targets', () => {
    expect(report.heard).toHaveLength(7);
  });

  it('still fetches public sources over IPv4, IPv6, TLS and three redirects', () => {
    expect(report.good).toEqual(Array(5).fill('5 bytes'));
  });

  it('neither grows in memory nor leaves a file behind', () => {
    expect(report.growthMiB).toBeLessThan(200);
    expect(report.leftFiles).toBe(0);
  });
});
