import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { Config } from '../../config/config.ts';
import { transportPolicy } from '../../config/tls.ts';
import { openPool } from '../../database/pool.ts';
import { aliveWorkers } from '../../domain/workers.ts';
import { type FfmpegReport, openSandbox, reportFfmpeg } from '../../sandbox/index.ts';
import type { SelfTestCheck } from '../../sandbox/types.ts';
import { prepareDataDir } from '../../supervisor/data-dir.ts';
import { readReadyFile } from '../../supervisor/ready-file.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { databaseUrl, openObjectStore } from '../compose.ts';
import { STORAGE_ENDPOINT_VARIABLE } from '../endpoints.ts';
import { EXIT } from '../exit.ts';
import { dim, green, red, yellow } from '../style.ts';
import { ffmpegChecks } from './doctor-ffmpeg.ts';

export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'unsafe';
  seen: string;
  remedy: string | null;
}

const FONTS = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',
  '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf',
];
const LOW_DISK_BYTES = 5 * 2 ** 30;

/** Runs every check; 1 when something is unsafe or cannot work. */
export async function doctor(config: Config, options: { json?: boolean }): Promise<number> {
  const checks: Check[] = [];
  const run = async (name: string, remedy: string, check: () => Promise<string | Partial<Check>>) => {
    try {
      const found = await check();
      const rest = typeof found === 'string' ? { seen: found } : found;
      checks.push({ name, state: 'ok', seen: '', remedy: null, ...rest });
    } catch (error) {
      checks.push({ name, state: 'unsafe', seen: (error as Error).message, remedy });
    }
  };

  await run('Node', 'Install Node 20.19 or newer', async () => process.version);
  await run('HTTPS', 'See docs/operations.md', async () => {
    transportPolicy(config);
    return config.tls.mode === 'off' ? `plain HTTP on ${config.host}, loopback or behind a proxy` : config.tls.mode;
  });
  await run('Data directory', 'Name another with AIRLOCK_DATA_DIR', async () => {
    const path = await prepareDataDir(config.dataDir);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const seen = `${process.env.AIRLOCK_SHOWN_DATA_DIR ?? path}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
    return free < LOW_DISK_BYTES ? { seen, state: 'warning', remedy: 'Free some space: media of 2 GB may come' } : seen;
  });
  await run(
    'Cores and memory',
    '',
    async () => `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
  );
  await run('Fonts', 'apt-get install fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji', async () => {
    const missing = FONTS.filter((font) => !existsSync(font));
    return missing.length === 0
      ? 'there'
      : {
          state: 'warning',
          seen: `${missing.length} missing`,
          remedy: 'apt-get install fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji',
        };
  });
  await checkSandbox(config, run, checks);
  await checkService(config, run);

  if (options.json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  else for (const check of checks) process.stdout.write(line(check));
  return checks.some((check) => check.state === 'unsafe') ? EXIT.failed : EXIT.ok;
}

type Run = (name: string, remedy: string, check: () => Promise<string | Partial<Check>>) => Promise<void>;

async function checkSandbox(config: Config, run: Run, checks: Check[]): Promise<void> {
  let attempts: SelfTestCheck[] = [];
  let ffmpeg: FfmpegReport | null = null;
  await run('Sandbox', 'Install bubblewrap and allow user namespaces', async () => {
    const sandbox = await openSandbox({ dataDir: config.dataDir, slots: 1, ffmpegPath: config.ffmpeg ?? undefined });
    try {
      ffmpeg = await reportFfmpeg(sandbox.ffmpeg);
      const report = await sandbox.selfTest();
      attempts = report.checks;
      const bound = sandbox.limits === 'cgroup' ? 'a control group' : 'address space only';
      const held = attempts.filter((attempt) => attempt.passed).length;
      return {
        seen: `${report.tier}, ${held} of ${attempts.length} attempts held, memory bounded by ${bound}, FFmpeg ${sandbox.ffmpeg.package ?? sandbox.ffmpeg.version}`,
        state: report.passed ? 'ok' : 'unsafe',
      };
    } finally {
      await sandbox.close();
    }
  });
  if (ffmpeg) checks.push(...ffmpegChecks(ffmpeg));
  for (const attempt of groupNumbered(attempts)) {
    checks.push({
      name: `  ${attempt.attempt}`,
      state: attempt.passed ? 'ok' : 'unsafe',
      seen: attempt.passed ? attempt.seen : `expected ${attempt.expected}, saw ${attempt.seen}`,
      remedy: attempt.passed ? null : 'Run no jobs here; report this machine’s kernel and bubblewrap version',
    });
  }
}

/** `… descriptor 3`, `… descriptor 4` with the same result become one line, `… descriptor 3–4`. */
function groupNumbered(attempts: SelfTestCheck[]): SelfTestCheck[] {
  const grouped: SelfTestCheck[] = [];
  let first = '';
  for (const attempt of attempts) {
    const [, stem, number] = /^(.*\D)(\d+)$/.exec(attempt.attempt) ?? [];
    const last = grouped.at(-1);
    if (
      stem &&
      number &&
      last?.attempt.startsWith(stem) &&
      last.passed &&
      attempt.passed &&
      last.seen === attempt.seen
    ) {
      last.attempt = `${stem}${first}–${number}`;
      continue;
    }
    first = number ?? '';
    grouped.push({ ...attempt });
  }
  return grouped;
}

async function checkService(config: Config, run: Run): Promise<void> {
  const ready = await readReadyFile(config.dataDir);
  if (!ready && !config.databaseUrl) return run('Service', '', async () => 'not running (./airlock up starts it)');
  if (ready) process.env[STORAGE_ENDPOINT_VARIABLE] ??= ready.storage;
  const secrets = await loadSecrets(config.dataDir);
  await run('Database', 'Check AIRLOCK_DATABASE_URL, or start ./airlock up', async () => {
    const pool = openPool(databaseUrl(config, secrets), { max: 1, role: 'doctor', onError: () => {} });
    try {
      const workers = await aliveWorkers(pool.db);
      return `answers; ${workers.length} worker(s) alive`;
    } finally {
      await pool.close();
    }
  });
  await run('Storage', 'Check AIRLOCK_STORAGE_URL, or start ./airlock up', async () => {
    await (await openObjectStore(config, secrets)).ping();
    return 'answers';
  });
}

function line(check: Check): string {
  const mark = { ok: green('✓'), warning: yellow('!'), unsafe: red('✗') }[check.state];
  const remedy = check.remedy ? `\n    ${yellow('→')} ${check.remedy}` : '';
  return `${mark} ${check.name.padEnd(34)} ${dim(check.seen)}${remedy}\n`;
}
