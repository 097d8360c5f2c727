import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { call, shareService, type TestService } from '../../testkit/service.ts';
import { runCommand } from '../helpers/run-command.ts';
import { blocks, ROOT, readPage, readPages } from './pages.ts';

/** Commands of the pages that this file does not run, each with the reason. */
const NOT_RUN: Record<string, string> = {
  './airlock up': 'testkit/service.ts runs it for every end-to-end test',
  'AIRLOCK_FETCH_ALLOW=10.20.0.0/16 ./airlock up': 'test/hostile tries the addresses that the variable allows',
  './airlock api': 'a role that `up` starts in every end-to-end test',
  './airlock worker': 'a role that `up` starts in every end-to-end test',
  './airlock test': 'this very run',
  './airlock test src/ffmpeg test/media': 'this very run, with fewer files',
  'npx vitest run --project pure': 'this very run, with fewer files',
  './airlock connections create media --bucket media --region us-east-1 --endpoint http://127.0.0.1:9000':
    'test/e2e/six-slots/destinations.ts runs it with a bucket',
  './airlock transcode holiday.mov delivered.mp4 --to s3://media/videos':
    'test/e2e/six-slots/destinations.ts runs it with a bucket',
  './airlock jobs redeliver JOB_ID --output hls': 'test/e2e/six-slots/destinations.ts runs it with a bucket',
  './airlock transcribe install --model ggml-base-q8_0.bin --sha256 SHA256':
    'test/e2e/cli-transcribe.test.ts runs it with a model',
  './airlock transcribe talk.mp3': 'test/e2e/cli-transcribe.test.ts runs it on a server with a model',
  './airlock transcribe talk.mp3 --output talk.srt': 'test/e2e/cli-transcribe.test.ts runs it on a server with a model',
  './airlock webhooks create http://127.0.0.1:3000/airlock':
    'test/docs/webhooks-quickstart.test.ts runs it with a port of its own',
  'npm run check': 'types, lint and unused code: run next to the tests',
  'npm run build': 'test/helpers/global-setup.ts builds before every run',
  'npm run dev': 'serves until it is stopped',
  'npm run test:watch': 'runs until it is stopped',
  'npm run lint:fix': 'changes the files that the tests read',
  ...Object.fromEntries(
    [
      '',
      ' -- --case color/hd',
      ' -- --short',
      ' -- --case recordings --recordings 100',
      ' -- --list',
      ' -- --json figures.json',
    ].map((words) => [`npm run audit${words}`, 'runs in a checkout; test/media/audit.test.ts runs the short cases']),
  ),
  'npm pack ./sdk': 'test/sdk/package.test.ts packs it',
  'npx vite web': 'serves the dashboard until it is stopped',
  'npx tsx scripts/docs.ts': 'test/docs/reference.test.ts compares its result',
  'tar -C /var/lib -cpf airlock-backup.tar airlock': 'reads a data directory that only an operator has',
};

let service: TestService;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  service = await shareService();
  folder = await mkdtemp(join(tmpdir(), 'airlock-docs-'));
  await chmod(folder, 0o755);
  await symlink(join(ROOT, 'airlock'), join(folder, 'airlock'));
  await makeClip(join(folder, 'holiday.mov'), { size: '80x60' });
  // The commands find the running service through its data directory.
  env = { ...process.env, AIRLOCK_DATA_DIR: service.dataDir, AIRLOCK_URL: '', AIRLOCK_API_KEY: '' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('commands of the pages', () => {
  const all = readPages().flatMap(({ path, text }) =>
    blocks(text, ['sh'])
      .flatMap((block) => linesOf(block))
      .map((command) => ({ path, command })),
  );
  // A command that occurs on several pages runs once.
  const first = all.filter(({ command }, index) => all.findIndex((one) => one.command === command) === index);
  const run = first.filter(({ command }) => !(command in NOT_RUN));

  it.each(run)('$command ($path)', async ({ command }) => {
    const made = command.includes('KEY_ID') ? await service.makeKey() : null;
    const { code, output } = await runLine(made ? command.replace('KEY_ID', made.id) : command);
    expect(output).not.toMatch(/error: unknown/);
    expect(code, output).toBe(0);
    const target = /^\.\/airlock transcode \S+ ([^\s-]\S*)/.exec(command)?.[1];
    if (target) expect((await stat(join(folder, target))).size).toBeGreaterThan(0);
  });

  it('commands of the pages that no test runs still exist on a page', () => {
    expect(Object.keys(NOT_RUN).filter((command) => !all.some((one) => one.command === command))).toEqual([]);
  });

  it('are in a `bash` block only in the README, which has one such block', () => {
    const withBash = readPages().filter(({ text }) => blocks(text, ['bash']).length > 0);
    expect(withBash.map(({ path }) => path)).toEqual(['README.md']);
    expect(blocks(readPage('README.md').text, ['bash'])).toHaveLength(1);
  });
});

describe('the walkthrough of the README', () => {
  it('succeeds when it is pasted as printed', async () => {
    const [walk] = blocks(readPage('README.md').text, ['bash']);
    // The commands are sent to standard input, as in a terminal. A command that reads standard input would consume the following commands.
    const { code, output } = await bash('bash -eu', walk, { AIRLOCK_URL: service.api });
    expect(code, output).toBe(0);
    expect(output).toMatch(/^completed$/m);
    const erased = /\{"success":true,"id":"([0-9a-f-]{36})"/.exec(output)?.[1];
    const { key } = await service.makeKey('--account', 'default');
    expect((await call(`${service.api}/v1/transcodes/${erased}/download`, 'GET', key)).status).toBe(410);

    const probe = await ffprobe(join(folder, 'out.webm'));
    expect(probe.streams.map((stream: { codec_name: string }) => stream.codec_name)).toEqual(['vp9', 'opus']);
    expect(Number(probe.format.duration)).toBeCloseTo(1, 0);
  });
});

/** Returns the commands of a block, without comment lines. */
function linesOf(block: string): string[] {
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Matches commands that call the service or its database. They run in this process, because a separate process for each takes ten times as
 * long.
 */
const OF_SERVICE =
  /^\.\/airlock (?:accounts|audit|blueprints|connections|jobs|keys|probe|templates|transcode|uploads|users) /;
/** Matches lines of plain words, which this file splits as bash does. bash runs all other lines. */
const PLAIN = /^(?:"[^"$`\\]*"|[^\s"'$`\\|&;<>()*?[\]{}~#]+|[ \t])+$/u;

async function runLine(command: string): Promise<{ code: number; output: string }> {
  const words = command.match(/"[^"]*"|[^\s"]+/g) ?? [];
  if (!OF_SERVICE.test(`${command} `) || !PLAIN.test(command)) return bash(command);
  const args = words.slice(1).map((word) => word.replaceAll('"', ''));
  const { code, stdout, stderr } = await runCommand(args, env, folder);
  return { code, output: stdout + stderr };
}

async function bash(
  command: string,
  input = '',
  more: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const child = spawn('bash', ['-c', command], {
    cwd: folder,
    env: { ...env, ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk) => chunks.push(String(chunk)));
  child.stderr.on('data', (chunk) => chunks.push(String(chunk)));
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? -1));
  });
  return { code, output: chunks.join('') };
}
