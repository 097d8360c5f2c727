import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTls } from '../../src/config/tls.ts';
import { SWIFT_ACCOUNTS, SWIFT_REGION } from '../../testkit/swift/config.ts';
import { shareSwiftServers, swiftIsExpected, swiftVariables } from '../../testkit/swift/start.ts';
import { findOrUnpack } from '../../testkit/unpack-program.ts';
import { until } from '../../testkit/until.ts';
import { ROOT, readPage } from '../docs/pages.ts';
import { whyNoNetwork } from '../helpers/network.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { openTlsProxy } from '../helpers/tls-proxy.ts';
import { type Machine, openMachine, openSwitchboard, type Switchboard } from './machines/machine.ts';
import { type LabeledBlock, labeledBlocks, sectionsOf } from './machines/page.ts';
import { openPostgres, type PostgresServer } from './machines/postgres.ts';

const PAGE = 'docs/deploy/production.md';
const HOST = 'airlock.example.com';
const BUCKET = 's3://airlock-media?region=eu-central-1';
const NAMES = ['api', 'worker-1', 'worker-2'] as const;
/** The second last account. Other test files use the last account, and the accounts from 0. */
const SWIFT_ACCOUNT = SWIFT_ACCOUNTS - 2;

/** The packages are unpacked, because an installation would start web servers on this computer. */
const nginx = await findOrUnpack('/usr/sbin/nginx', ['nginx', 'nginx-common']);
const caddy = await findOrUnpack('/usr/bin/caddy', ['caddy']);

const reason = (await whyNoNetwork()) ?? whyNoPrograms();

function whyNoPrograms(): string | null {
  if (!swiftIsExpected()) return 'OpenStack Swift is not installed (apt-get install python3-swift)';
  if (!existsSync('/usr/bin/systemd-sysusers')) return 'systemd-sysusers is not installed';
  return nginx.missing;
}

/** Path of the program of the package `awscli`. */
const AWS = existsSync('/usr/bin/aws') ? '/usr/bin/aws' : null;
const blocks = labeledBlocks(PAGE);

describe('production.md', () => {
  it('has a label of known words above each code block', () => {
    const known = [...NAMES, 'db', 'caddy', 'aws'];
    const unknown = blocks.flatMap(({ words }) => words.filter((word) => !known.includes(word) && !/[/.]/.test(word)));
    expect(unknown).toEqual([]);
    expect(blocks.length).toBeGreaterThan(20);
  });

  it('grants the permissions that the page about S3 lists, and no others', () => {
    const policy = JSON.parse(blocks.find(({ words }) => words[0] === 'iam.json')!.text);
    const granted = policy.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);
    const section = readPage('docs/operate/s3.md').text.split('## Permissions')[1]!.split('\n## ')[0]!;
    expect(granted.sort()).toEqual([...new Set(section.match(/s3:\w+/g))].sort());
  });

  it.skipIf(AWS === null)(
    `configures the bucket with commands that the AWS CLI accepts${skipNote(AWS === null && 'awscli is not installed')}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'airlock-bucket-'));
      try {
        for (const { words, text } of blocks.filter(({ language }) => language === 'json')) {
          await writeFile(join(folder, words[0]!), text);
        }
        const [commands] = blocks.filter(({ words }) => words[0] === 'aws');
        for (const command of commands!.text.trim().split('\n')) {
          // With this option, the command checks its arguments and prints an example of a response, but sends nothing.
          const args = [...command.split(' ').slice(1), '--generate-cli-skeleton', 'output'];
          execFileSync(AWS!, args, { cwd: folder, env: { ...process.env, AWS_DEFAULT_REGION: 'eu-central-1' } });
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

// Each machine is a set of namespaces. PostgreSQL and Swift run on this computer, which the machines reach over their network links.
describe.skipIf(reason !== null)(`the walkthrough of production.md${skipNote(reason)}`, () => {
  const machines = {} as Record<(typeof NAMES)[number], Machine>;
  const passwords = [randomBytes(16), randomBytes(16), randomBytes(16)].map((bytes) => bytes.toString('hex'));
  let folder: string;
  let ssh: Switchboard;
  let postgres: PostgresServer;
  let storage: Awaited<ReturnType<typeof openTlsProxy>>;
  let variables: Record<string, string>;
  let site: { cert: string; key: string };
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-production-'));
    // Builds the program now, because the machines cannot write to the repository.
    execFileSync(join(ROOT, 'airlock'), ['--version']);
    ssh = await openSwitchboard();
    const certificate = async (name: string) => (await loadTls({ mode: 'auto' }, join(folder, name), [name]))!;
    const database = await certificate('db.internal');
    site = await certificate(HOST);
    const [conf, hba] = ['airlock.conf', 'pg_hba.conf'].map((name) => blockOf('db', name).text);
    const [swift] = await Promise.all([shareSwiftServers(), openMachines()]);
    postgres = await openPostgres({ conf: withoutPaths(conf!), hba: fill(hba!), ...database });
    const { near } = machines.api;
    storage = await openTlsProxy(Number(new URL(swift.endpoint).port), near, folder);
    variables = {
      ...(await swiftVariables(swift.endpoint, SWIFT_ACCOUNT)),
      AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=https://${near}:${storage.port}&region=${SWIFT_REGION}`,
    };
    const ca = await readFile(storage.ca, 'utf8');
    for (const machine of Object.values(machines)) {
      await machine.write('/etc/ssl/airlock/database-ca.pem', database.cert, '644');
      await machine.write('/etc/ssl/airlock/storage-ca.pem', ca, '644');
      await machine.write('/etc/ssl/airlock/site-ca.pem', `${site.cert}\n${ca}`, '644');
    }
    await machines.api.write('/etc/ssl/airlock/fullchain.pem', site.cert);
    await machines.api.write('/etc/ssl/airlock/privkey.pem', site.key);
  }, 300_000);
  afterAll(async () => {
    await Promise.all(Object.values(machines).map((machine) => machine.remove()));
    await postgres?.close();
    await storage?.close();
    await ssh?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function openMachines(): Promise<void> {
    const env = { CURL_CA_BUNDLE: '/etc/ssl/airlock/site-ca.pem', NODE_EXTRA_CA_CERTS: '/etc/ssl/airlock/site-ca.pem' };
    const hosts = (near: string) => `${near} db.internal\n127.0.0.1 ${HOST}\n`;
    const unpacked = [nginx, caddy].flatMap(({ folder }) => folder ?? []);
    for (const name of NAMES) {
      machines[name] = await openMachine(name, { hosts, ssh, env, unpacked });
      ssh.machines.set(machines[name].address, machines[name]);
    }
  }

  /** Replaces the words that a reader replaces, and the values that differ on this computer: the port of the database, and the storage. */
  function fill(given: string): string {
    const words: [string, string][] = [
      ...['OWNER_PASSWORD', 'API_PASSWORD', 'WORKER_PASSWORD'].map(
        (word, index) => [word, passwords[index]!] as [string, string],
      ),
      ['10.0.0.0/24', '198.18.0.0/16'],
      ['10.0.0.11', machines['worker-1'].address],
      ['10.0.0.12', machines['worker-2'].address],
      ['@db.internal/', `@db.internal:${postgres?.port}/`],
      [BUCKET, variables?.AIRLOCK_STORAGE_URL ?? ''],
      ['"SECRET_ACCESS_KEY"', `"${variables?.AWS_SECRET_ACCESS_KEY}"\nAWS_CA_BUNDLE="/etc/ssl/airlock/storage-ca.pem"`],
      ['"ACCESS_KEY_ID"', `"${variables?.AWS_ACCESS_KEY_ID}"`],
    ];
    return words.reduce((filled, [word, value]) => filled.replaceAll(word, value), given);
  }

  const machinesOf = ({ words }: LabeledBlock) =>
    NAMES.filter((name) => words.includes(name)).map((name) => machines[name]);

  /** Executes a block on each of its machines, and returns their output. */
  async function follow(block: LabeledBlock): Promise<string> {
    const file = block.words.find((word) => word.startsWith('/'));
    const done = machinesOf(block).map(async (machine) => {
      if (file) return machine.write(file, fill(block.text), file.startsWith('/etc/airlock') ? '600' : '644');
      return machine.run(fill(block.text));
    });
    return (await Promise.all(done)).join('\n');
  }

  /** Executes every block of a section in order, except blocks of an alternative. As for a reader, the shell on each machine stays open. */
  async function followSection(number: number): Promise<string[]> {
    const name = sectionsOf(PAGE)[number - 1];
    const printed: string[] = [];
    const entered = new Map<string, string>();
    for (const block of blocks.filter(({ section, words }) => section === name && !isCaddy(words))) {
      if (block.language !== 'sh') {
        await follow(block);
        continue;
      }
      const machine = block.words.join(' ');
      const before = entered.get(machine) ?? '';
      printed.push(await follow({ ...block, text: before + block.text }));
      entered.set(machine, before + (block.text.match(/^(?:cd|set -a).*\n/gm) ?? []).join(''));
    }
    return printed;
  }

  /** Sends a request as a client outside of the machines. */
  async function fromOutside(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) {
    const headers = {
      host: HOST,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...options.headers,
    };
    const sent = request({
      ...{ host: machines.api.address, port: 443, path, method: options.method ?? 'GET', headers },
      ...{ servername: HOST, ca: site.cert },
    });
    sent.end(options.body);
    const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) => {
      sent.once('response', (given) => resolve([given]));
      sent.once('error', reject);
    });
    return { status: response.statusCode!, body: await text(response) };
  }

  /** Expects that the proxy forwards the address of the client, rejects plain HTTP, and forwards large bodies and events immediately. */
  async function checkProxy(): Promise<void> {
    const lie = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' };
    const made = await fromOutside('/v1/keys', {
      method: 'POST',
      headers: lie,
      body: JSON.stringify({ name: 'outside' }),
    });
    expect(made).toMatchObject({ status: 201 });
    const { rows } = await postgres.query(
      "SELECT ip FROM audit_log WHERE action = 'key.created' ORDER BY seq DESC LIMIT 1",
      'airlock',
    );
    expect(rows).toEqual([{ ip: machines.api.near }]);
    const plain = await machines.api.run(
      `curl -s -o /dev/null -o /dev/null -w '%{http_code} ' http://${HOST}/v1/transcodes http://${HOST}/`,
    );
    expect(plain.trim()).toMatch(/^403 30[12]$/);
    const large = JSON.stringify({ metadata: { text: 'x'.repeat(1_000_000) } });
    expect(await fromOutside('/v1/transcodes', { method: 'POST', body: large })).toMatchObject({ status: 400 });
    expect((await fromOutside('/')).body).toMatch(/^<!doctype html>/);
  }

  it('creates the database', async () => {
    const [statements] = blocks.filter(({ language }) => language === 'sql');
    for (const statement of fill(statements!.text).trim().split('\n')) await postgres.query(statement);
    expect((await postgres.query('SHOW ssl')).rows).toEqual([{ ssl: 'on' }]);
  });

  it('installs Airlock with its accounts and units', async () => {
    await followSection(3);
    expect(await machines['worker-1'].run('id -un airlock-worker; ls /etc/systemd/system')).toContain(
      'airlock-worker.service',
    );
  });

  it('migrates the database, and starts an API that is ready', async () => {
    const printed = await followSection(4);
    expect(printed.at(-1)).toContain('"ok":true');
    key = (await machines.api.run('cat first-key')).trim();
    expect(await machines['worker-2'].run('stat -c %U:%a /var/lib/airlock-worker/secrets.json')).toBe(
      'airlock-worker:600\n',
    );
  });

  it('configures nginx, which forwards the address of the client and rejects plain HTTP', async () => {
    await followSection(5);
    await until(async () => (await fromOutside('/livez').catch(() => null))?.status === 200, { what: 'nginx' });
    await checkProxy();
  });

  it('starts workers that pass every check of doctor', async () => {
    await followSection(6);
    const [doctor, health] = await followSection(7);
    expect(doctor).not.toContain('✗');
    expect(health).toContain('"ok":true');
    // Allows for four concurrent self-tests of the sandbox: one of each worker, and one of each doctor.
  }, 300_000);

  it('creates the first operator', async () => {
    const [link] = await followSection(8);
    expect(link).toContain(`https://${HOST}/setup#`);
  });

  it('runs the first job, whose events pass the proxy immediately', async () => {
    const [clip] = blocks.filter(({ section, words }) => section === sectionsOf(PAGE)[8] && words.includes('api'));
    const stream = `timeout 60 curl -fsSN -H 'Accept: text/event-stream' -H "Authorization: Bearer $(cat first-key)" https://${HOST}/v1/events`;
    const events = machines.api.run(`grep -m 1 transcode.completed < <(${stream})`);
    events.catch(() => {});
    await follow(clip!);
    expect(await events).toContain('transcode.completed');
    const described = await machines.api.run(
      'ffprobe -v error -show_entries format=format_name -of csv=p=0 first.webm',
    );
    expect(described).toContain('webm');
  });

  it('completes a job whose worker is killed', async () => {
    const [, kill] = blocks.filter(({ section, language }) => section === sectionsOf(PAGE)[8] && language === 'sh');
    await machines.api.run(
      'ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=d=12:s=320x180 -preset ultrafast long.mp4',
    );
    const cli = `AIRLOCK_URL=https://${HOST} AIRLOCK_API_KEY=$(cat first-key) /opt/airlock/airlock`;
    const ended = machines.api.run(`${cli} transcode long.mp4 again.mp4 --option '-preset veryslow'`);
    ended.catch(() => {});
    const running = `SELECT host FROM attempts JOIN workers ON workers.id = worker_id JOIN jobs ON jobs.id = job_id
      WHERE attempts.state = 'running' AND jobs.progress > 0`;
    const worker = await until(async () => (await postgres.query(running, 'airlock')).rows[0]?.host, {
      what: 'the encode',
    });
    await follow({ ...kill!, words: [String(worker)] });
    // Sets heartbeats back instead of waiting the 30 seconds for which a worker without a heartbeat keeps its jobs.
    await postgres.query(
      "UPDATE attempts SET heartbeat_at = now() - interval '31 s' WHERE state = 'running'",
      'airlock',
    );
    await postgres.query(
      "UPDATE workers SET heartbeat_at = now() - interval '31 s'; UPDATE fleet_leases SET expires_at = now()",
      'airlock',
    );
    await ended;
    const { rows } = await postgres.query(
      "SELECT state, count(*)::int FROM attempts WHERE state IN ('lost', 'failed') GROUP BY state",
      'airlock',
    );
    expect(rows).toEqual([{ state: 'lost', count: 1 }]);
  });

  it.skipIf(caddy.missing !== null)(`succeeds with Caddy as well${skipNote(caddy.missing)}`, async () => {
    await machines.api.run('nginx -s stop; while pgrep -x nginx >/dev/null; do sleep 0.1; done');
    const [install, config, restart] = blocks.filter(
      ({ words }) => isCaddy(words) || words.includes('/etc/caddy/Caddyfile'),
    );
    const certificate = '\ttls /etc/ssl/airlock/fullchain.pem /etc/ssl/airlock/privkey.pem';
    await follow(install!);
    // Adds a certificate to the configuration, because Caddy cannot get a certificate from an authority here.
    await follow({ ...config!, text: config!.text.replace(`${HOST} {\n`, `${HOST} {\n${certificate}\n`) });
    await follow(restart!);
    await until(async () => (await fromOutside('/livez').catch(() => null))?.status === 200, { what: 'Caddy' });
    await checkProxy();
  });
});

const isCaddy = (words: string[]) => words.includes('caddy');

function blockOf(machine: string, file: string): LabeledBlock {
  return blocks.find(({ words }) => words[0] === machine && words.at(-1)!.endsWith(`/${file}`))!;
}

/** Removes the paths of the certificate, which is elsewhere on this computer. */
function withoutPaths(conf: string): string {
  return conf.replace(/^ssl_(?:cert|key)_file.*\n/gm, '');
}
