import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkRootImage, makeDataDir } from '../../testkit/data-directory.ts';
import { processesOf } from '../../testkit/processes-of.ts';
import { programArgs } from '../../testkit/program.ts';
import { listen, tcpServer } from '../../testkit/servers.ts';
import { call, copyPreparedDataDir, runCli, startService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { commandsOf, runCommand } from '../helpers/run-command.ts';

const FREE_PORTS = { AIRLOCK_PORT: '0', AIRLOCK_STORAGE_PORT: '0', AIRLOCK_METRICS_PORT: '0' };

describe('airlock up', () => {
  let service: TestService;
  beforeAll(async () => {
    // The service starts for the first time, but with a linked root image. `cli-transcode.test.ts` builds a root image.
    const dataDir = await makeDataDir();
    await linkRootImage(dataDir);
    service = await startService({}, { dataDir });
  });
  afterAll(() => service?.remove());

  it('reports its URLs in ready.json and in its output', async () => {
    const ready = JSON.parse(await readFile(join(service.dataDir, 'ready.json'), 'utf8'));
    expect(ready).toEqual({ api: service.api, storage: service.storage, metrics: service.metrics, pid: service.pid });
    expect(service.output()).toContain(`Airlock is up at ${service.api}`);
    expect((await fetch(`${service.api}/readyz`)).status).toBe(200);
    const metrics = await fetch(`${service.metrics}/metrics`);
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toMatch(/^airlock_connections_open\{listener="api",role="api"\} \d+$/m);
  });

  it('writes the first key to a file if no terminal can show the key, and prints the path', async () => {
    const file = join(service.dataDir, 'first-key');
    const key = await readFile(file, 'utf8');
    expect(key).toMatch(/^al_live_[0-9A-Za-z]{36}\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await call(`${service.api}/v1/transcodes`, 'GET', key.trim())).status).toBe(200);
    expect(service.output()).toContain(`API key   in ${file}`);
    expect(service.output()).not.toContain('al_live_');
  });

  it('does not start twice on one data directory, and the second start does not affect the first', async () => {
    const second = await service.cli('up');
    expect(second.code).toBe(69);
    expect(second.stderr).toMatch(new RegExp(`Airlock already runs in .*process ${service.pid}`));
    expect(existsSync(join(service.dataDir, 'ready.json'))).toBe(true);
    expect((await fetch(`${service.api}/health-check`)).status).toBe(200);
  });

  it('passes every check of the doctor', async () => {
    const doctor = await service.cli('doctor', '--json');
    expect(doctor.code).toBe(0);
    const checks: { name: string; state: string; seen: string }[] = JSON.parse(doctor.stdout);
    expect(checks.filter((check) => check.state === 'unsafe')).toEqual([]);
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining(['Node', 'Sandbox', 'Database', 'Storage']),
    );
    expect(checks.find((check) => check.name === 'Database')?.seen).toBe('responds, 1 worker alive');
    const firstKey = checks.find((check) => check.name === 'First key');
    expect(firstKey).toMatchObject({ state: 'warning', remedy: expect.stringContaining('delete') });
  });

  it('fails a check of the doctor if something is unsafe, with a remedy', async () => {
    const of = { ...service.storageVariables, AIRLOCK_DATA_DIR: service.dataDir };
    const open = { ...process.env, ...of, AIRLOCK_HOST: '0.0.0.0' };
    const { code, stdout } = await runCommand(['doctor'], open);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ 1 problem and \d+ warnings? in /);
    expect(stdout).toMatch(/^✗ HTTPS: .*AIRLOCK_TLS=auto.*\n {4}→ \S/m);
    for (const name of ['Node', 'Sandbox', 'Database', 'Storage', 'First key']) expect(stdout).toContain(name);
  });

  it('removes ready.json and ends every process on a stop signal', async () => {
    await service.stop();
    expect(existsSync(join(service.dataDir, 'ready.json'))).toBe(false);
    expect(processesOf(service.dataDir)).toEqual([]);
    const after = await commandsOf(service)('doctor', '--json');
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toContainEqual(expect.objectContaining({ name: 'Service', state: 'ok' }));
  });
});

describe('airlock up that cannot start', () => {
  let dataDir: string;
  beforeAll(async () => {
    ({ dataDir } = await copyPreparedDataDir());
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  /** Waits until no process of the service runs. The kernel may kill the cells of a killed worker shortly after the command has exited. */
  const untilNothingRuns = () =>
    until(() => processesOf(dataDir).length === 0, { what: 'the end of every process', timeoutMs: 3_000 });
  const up = (env: Record<string, string>) =>
    runCli(['up'], { ...process.env, ...FREE_PORTS, AIRLOCK_DATA_DIR: dataDir, ...env });

  it.each(['AIRLOCK_PORT', 'AIRLOCK_STORAGE_PORT', 'AIRLOCK_METRICS_PORT'])(
    'reports immediately which port is in use, and leaves nothing running: %s',
    async (variable) => {
      const { port, close } = await listen(tcpServer(() => {}));
      const began = Date.now();
      const rejected = await up({ [variable]: String(port) });
      await close();
      expect(rejected.code).toBe(69);
      expect(rejected.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`);
      expect(Date.now() - began).toBeLessThan(15_000);
      await untilNothingRuns();
      expect(existsSync(join(dataDir, 'ready.json'))).toBe(false);
    },
  );

  it.each([
    ['the supervisor', { AIRLOCK_DATA_DIR: '/proc/airlock' }, 'AIRLOCK_DATA_DIR'],
    ['the gateway', { AIRLOCK_STORAGE_SOCKET: '/proc/airlock.sock' }, 'AIRLOCK_STORAGE_SOCKET'],
    ['the API', { AIRLOCK_SIGNING_KEY: 'short' }, 'AIRLOCK_SIGNING_KEY'],
    ['the worker', { AIRLOCK_FFMPEG: '/nonexistent/ffmpeg' }, 'AIRLOCK_FFMPEG'],
    ['API and worker', { AIRLOCK_STORAGE_URL: 's3://b?enpoint=https://127.0.0.1' }, 'AIRLOCK_STORAGE_URL'],
  ] as const)('exits with code 78 and one message if a setting of %s is wrong', async (_, env, variable) => {
    const rejected = await up(env);
    expect([rejected.code, rejected.stderr]).toEqual([78, expect.stringMatching(/^airlock: [^\n{}\ufffd]+\n$/)]);
    expect(rejected.stderr).toContain(variable);
    await untilNothingRuns();
  });

  // `https.test.ts` tests the settings that would expose the service.
  it('names the setting that is wrong', async () => {
    const rejected = await up({ AIRLOCK_PORT: 'http' });
    expect(rejected.code).toBe(78);
    expect(rejected.stderr).toMatch(/AIRLOCK_PORT/);
    await untilNothingRuns();
  });
});

describe('airlock up that is stopped while it starts', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await makeDataDir();
    await linkRootImage(dataDir);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it.each([
    ['SIGTERM', [], 0],
    // Two different signals, because two pending signals of the same kind would be merged.
    ['SIGINT', ['SIGTERM'], 1],
  ] as const)('leaves no database behind: %s, then %j', async (first, more, expected) => {
    const child: ChildProcess = spawn(process.execPath, programArgs(['up']), {
      env: { ...process.env, ...FREE_PORTS, AIRLOCK_DATA_DIR: dataDir },
      stdio: 'ignore',
    });
    await until(() => existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid')), { what: 'PostgreSQL' });
    for (const signal of [first, ...more]) child.kill(signal);
    const [code] = await once(child, 'exit');
    expect(code).toBe(expected);
    expect(processesOf(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
  });
});

describe('airlock', () => {
  const airlock = (...args: string[]) => runCli(args, process.env);

  it('prints help for every command', async () => {
    const help = await airlock('--help');
    expect(help.code).toBe(0);
    for (const command of [
      'transcode',
      'up',
      'keys',
      'doctor',
      'migrate',
      'api',
      'worker',
      'gateway',
      'ffmpeg',
      'test',
      'bench',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect((await runCommand(['transcode', '--help'], {})).stdout).toContain('--resolution');
    expect((await runCommand(['--version'], {})).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends without a stack trace when its output is no longer read', async () => {
    const child = spawn(process.execPath, programArgs(['completion', 'bash']), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout!.destroy();
    const output: string[] = [];
    child.stderr!.on('data', (chunk) => output.push(String(chunk)));
    await once(child, 'close');
    expect(output.join('')).not.toMatch(/EPIPE|at .*\.js:/);
  });

  it('exits with code 2 for unknown commands and options', async () => {
    for (const args of [['fly'], ['up', '--fast']]) {
      const rejected = await runCommand(args, {});
      expect(rejected.code).toBe(2);
      expect(rejected.stderr).toMatch(/error: /);
      expect(rejected.stderr).toMatch(/\.\/airlock (?:up )?--help/);
    }
  });
});
