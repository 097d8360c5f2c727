import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeTestFolder, recordingLogger } from '../../testkit/supervisor.ts';
import { markProcess } from '../telemetry/process-stat.ts';
import { beginMessage, isWaiting, WAITS_VARIABLE } from './child.ts';
import { waitUntil } from './process-table.ts';
import { type ProcessOptions, type SupervisedProcess, superviseProcess } from './processes.ts';

const logger = recordingLogger();
const running: SupervisedProcess[] = [];
let folder: string;
let remove: () => Promise<void>;

/** Writes a role and its imports to a file, because compiling the imports in each process takes a second of CPU time. */
async function role(name: string, body: string): Promise<string[]> {
  const file = join(folder, `${name}.js`);
  const helpers = JSON.stringify(join(import.meta.dirname, 'child.ts'));
  const contents = `import { exitWithParent, reportFailed, reportReady, waitForBegin } from ${helpers};\n${QUIET}\n${body}\n`;
  const stdin = { contents, loader: 'ts', resolveDir: import.meta.dirname } as const;
  await build({ stdin, outfile: file, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  return [file];
}
const QUIET = 'const q = () => {}; const logger = { debug: q, info: q, warn: q, error: q };';

async function supervise(options: Partial<ProcessOptions> & { args: string[] }): Promise<SupervisedProcess> {
  const supervised = await superviseProcess({
    name: 'role',
    command: process.execPath,
    env: { PATH: process.env.PATH },
    logger,
    onLine: () => undefined,
    backoff: { firstMs: 1, maximumMs: 20, healthyMs: 60_000 },
    ...options,
  });
  running.push(supervised);
  return supervised;
}

beforeAll(async () => {
  ({ path: folder, remove } = await makeTestFolder());
  await mkdir(join(folder, 'marks'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterEach(async () => {
  for (const supervised of running.splice(0)) await supervised.stop();
});
afterAll(() => remove());

describe('a supervised process', () => {
  it('is ready once it reports its ports, and passes on its output in complete lines', async () => {
    const lines: string[] = [];
    const args = await role('talks', `console.log('one\\ntwo'); reportReady({ api: 4711 }); setInterval(q, 1000);`);
    const supervised = await supervise({ args, onLine: (stream, line) => lines.push(`${stream} ${line}`) });
    expect(supervised.ready).toEqual({ type: 'ready', ports: { api: 4711 } });
    await waitUntil(async () => lines.length >= 2, 2000);
    expect(lines).toEqual(['stdout one', 'stdout two']);
  });

  it('is restarted when it dies, and receives the ports of its predecessor', async () => {
    const args = await role('port', `reportReady({ api: Number(process.env.PORT ?? 4712) }); setInterval(q, 1000);`);
    const supervised = await supervise({ args, env: (last) => (last ? { PORT: String(last.ports.api! + 1) } : {}) });
    const first = supervised.pid!;
    process.kill(first, 'SIGKILL');
    expect(await waitUntil(async () => supervised.restarts === 1, 10_000)).toBe(true);
    expect(supervised.pid).not.toBe(first);
    expect(supervised.ready.ports).toEqual({ api: 4713 });
  });

  it('can wait for the variables of its dependencies, and receives them again when it is restarted', async () => {
    const body = `await waitForBegin(); reportReady({ api: Number(process.env.FOUND) }); setInterval(q, 1000);`;
    const args = await role('waits', body);
    let begin!: (variables: Record<string, string>) => void;
    const begun = new Promise<Record<string, string>>((resolve) => {
      begin = resolve;
    });
    const asked: boolean[] = [];
    const starting = supervise({
      args,
      env: { [WAITS_VARIABLE]: '1' },
      onMessage(message, reply) {
        asked.push(isWaiting(message));
        void begun.then((variables) => reply(beginMessage(variables)));
      },
    });
    expect(await waitUntil(async () => asked.length > 0, 10_000)).toBe(true);
    begin({ FOUND: '4714' });
    const supervised = await starting;
    expect(supervised.ready.ports).toEqual({ api: 4714 });
    process.kill(supervised.pid!, 'SIGKILL');
    expect(await waitUntil(async () => supervised.restarts === 1, 10_000)).toBe(true);
    expect(asked).toEqual([true, true]);
  });

  it.each([
    [78, 78],
    [1, 69],
  ])(
    'that reports why it cannot start before it exits with %i fails with this message alone and code %i',
    async (exits, code) => {
      const body = `console.log('{"level":"info","msg":"starting"}'); await reportFailed('AIRLOCK_X: is wrong'); process.exit(${exits});`;
      const args = await role(`reports-${exits}`, body);
      const failure = await supervise({ args, maximumFirstFailures: 1 }).catch((error) => error);
      expect(failure).toMatchObject({ name: 'StartFailure', message: 'AIRLOCK_X: is wrong', exitCode: code });
    },
  );

  it('is killed by the signal that aborts its start only until it is ready', async () => {
    const never = await role('never', 'setInterval(q, 1000);');
    const ready = await role('ready', `reportReady(); setInterval(q, 1000);`);
    const ending = new AbortController();
    const running = await supervise({ args: ready, abandoned: ending.signal });
    const starting = supervise({ args: never, abandoned: ending.signal });
    ending.abort();
    await expect(starting).rejects.toThrow('exited with SIGKILL before it was ready');
    expect(running.pid).not.toBeNull();
  });

  it.each([
    ['SIGTERM', 'warn', /another process stopped a role/],
    ['SIGKILL', 'error', /exited unexpectedly/],
  ] as const)('is restarted after a %s from elsewhere, logged at level %s', async (signal, level, message) => {
    const args = await role(
      'ended',
      `exitWithParent(async () => {}, { logger }); reportReady(); setInterval(q, 1000);`,
    );
    const supervised = await supervise({ args });
    const before = logger.entries.length;
    process.kill(supervised.pid!, signal);
    expect(await waitUntil(async () => supervised.restarts === 1, 10_000)).toBe(true);
    const [entry] = logger.entries.slice(before).filter(({ fields }) => 'role' in fields);
    expect(entry).toMatchObject({ level, message: expect.stringMatching(message) });
  });

  it('is not retried after three failed first starts, and the error contains the output of the process', async () => {
    const mark = join(folder, 'marks/fails');
    const args = await role(
      'fails',
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(mark)}, 'x'); console.error('port 80 is taken'); process.exit(1);`,
    );
    await expect(supervise({ args })).rejects.toThrow(
      'role exited with 1 before it was ready. Its last words: port 80 is taken',
    );
    expect(await readFile(mark, 'utf8')).toBe('xxx');
  });

  it('is not retried after an exit code for a permanent failure', async () => {
    const mark = join(folder, 'marks/permanent');
    const args = await role(
      'permanent',
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(mark)}, 'x'); process.exit(78);`,
    );
    await expect(supervise({ args })).rejects.toThrow('exited with 78 before it was ready. It produced no output');
    expect(await readFile(mark, 'utf8')).toBe('x');
  });

  it('is killed when it is not ready in time, and fails with an error that names the time', async () => {
    let pid = 0;
    // A shell starts faster than Node, so the process prints its id long before it is killed.
    const attempt = supervise({
      command: '/bin/sh',
      args: ['-c', 'echo $$; exec sleep 600'],
      readyTimeoutMs: 1500,
      maximumFirstFailures: 1,
      onLine: (_, line) => {
        pid = Number(line);
      },
    });
    await expect(attempt).rejects.toThrow('was not ready after 1.5 s');
    expect(pid).toBeGreaterThan(1);
    expect(markProcess(pid)).toBeNull();
  });

  it('cannot start when the program does not exist', async () => {
    await expect(supervise({ command: '/not/there', args: [], maximumFirstFailures: 1 })).rejects.toThrow(
      'role cannot be started. Check /not/there',
    );
  });

  it('drains on SIGTERM before it exits', async () => {
    const mark = join(folder, 'marks/drained');
    const args = await role(
      'drains',
      `import { writeFileSync } from 'node:fs';
       exitWithParent(async (reason) => { await new Promise((r) => setTimeout(r, 50)); writeFileSync(${JSON.stringify(mark)}, reason); }, { logger });
       reportReady(); setInterval(q, 1000);`,
    );
    const supervised = await supervise({ args });
    const pid = supervised.pid!;
    await supervised.stop();
    expect(await readFile(mark, 'utf8')).toBe('SIGTERM');
    expect(markProcess(pid)).toBeNull();
    expect(supervised.restarts).toBe(0);
  });

  it('is killed with its children when it does not drain in time', async () => {
    const args = await role(
      'stubborn',
      `import { spawn } from 'node:child_process'; process.on('SIGTERM', q);
       const child = spawn('sleep', ['60'], { stdio: 'ignore' }); reportReady({ child: child.pid! }); setInterval(q, 1000);`,
    );
    const supervised = await supervise({ args, drainMs: 100 });
    const pids = [supervised.pid!, supervised.ready.ports.child!];
    await supervised.stop();
    for (const pid of pids) expect(await waitUntil(async () => !markProcess(pid), 2000)).toBe(true);
  });

  it('drains and exits when its supervisor is killed', async () => {
    const mark = join(folder, 'marks/orphan');
    const child = await role(
      'orphan',
      `import { writeFileSync } from 'node:fs';
       exitWithParent(async (reason) => { writeFileSync(${JSON.stringify(mark)}, reason); }, { logger });
       reportReady({ pid: process.pid }); setInterval(q, 1000);`,
    );
    const parent = await role(
      'parent',
      `import { superviseProcess } from ${JSON.stringify(join(import.meta.dirname, 'processes.ts'))};
       const inner = await superviseProcess({ name: 'inner', command: process.execPath, args: ${JSON.stringify(child)}, env: { PATH: process.env.PATH }, logger });
       reportReady(inner.ready.ports);`,
    );
    const supervised = await supervise({ args: parent });
    const orphan = supervised.ready.ports.pid!;
    expect(markProcess(orphan)).not.toBeNull();
    process.kill(supervised.pid!, 'SIGKILL');
    expect(await waitUntil(async () => !markProcess(orphan), 5000)).toBe(true);
    expect(await readFile(mark, 'utf8')).toBe('parent-gone');
  });

  it('is killed on an immediate stop, even while it drains, and is not restarted', async () => {
    const args = await role(
      'drains',
      `reportReady(); exitWithParent(() => new Promise(() => setInterval(q, 1000)), { logger });`,
    );
    const immediate = new AbortController();
    const supervised = await supervise({ args, drainMs: 60_000, immediate: immediate.signal });
    const first = markProcess(supervised.pid!)!;
    const stopping = supervised.stop();
    immediate.abort();
    await stopping;
    expect(markProcess(first.pid)).toBeNull();
    expect(supervised).toMatchObject({ pid: null, restarts: 0 });
    await expect(supervise({ args, immediate: immediate.signal })).rejects.toThrow(
      /exited with SIGKILL before it was ready/,
    );
  });

  it('is not restarted once it is stopped, even while it waits for its next start', async () => {
    const args = await role('once', `reportReady(); setInterval(q, 1000);`);
    let downs = 0;
    const supervised = await supervise({
      args,
      backoff: { firstMs: 60_000, maximumMs: 60_000, healthyMs: 60_000 },
      onDown: () => {
        downs += 1;
      },
    });
    process.kill(supervised.pid!, 'SIGKILL');
    await waitUntil(async () => downs === 1, 5000);
    await supervised.stop();
    expect(supervised).toMatchObject({ pid: null, restarts: 0 });
  });
});
