import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Config } from '../../config/config.ts';
import { transportPolicy } from '../../config/tls.ts';
import { prepareDataDir } from '../../supervisor/data-dir.ts';
import { diskAdvice } from '../disk-advice.ts';
import { EXIT } from '../exit.ts';
import { firstKeyFile, shownPath } from '../first-key.ts';
import { unknownSettings } from '../unknown-settings.ts';
import { type Check, doctorReport } from './doctor-check.ts';
import { ffmpegChecks } from './doctor-ffmpeg.ts';
import { describePrepared } from './doctor-prepared.ts';
import { doctorSandbox, examineSandbox, type SandboxFacts, sandboxChecks } from './doctor-sandbox.ts';
import { checkService } from './doctor-service.ts';

const FONTS = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',
  '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf',
];

interface DoctorOptions {
  json?: boolean;
  sandbox?: boolean;
  all?: boolean;
}

/**
 * Runs every check, or only the attacks on the sandbox with `--sandbox`. Returns 1 if a check found a problem that is unsafe or prevents
 * operation.
 */
export async function doctor(config: Config, options: DoctorOptions): Promise<number> {
  if (options.sandbox) return doctorSandbox({ ...config, dataDir: await prepareDataDir(config.dataDir) }, options);
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
  for (const seen of unknownSettings(process.env)) {
    checks.push({ name: 'Settings', state: 'warning', seen, remedy: 'docs/configuration.md lists every variable' });
  }
  await run('HTTPS', 'See docs/operate/network.md', async () => {
    transportPolicy(config);
    return config.tls.mode === 'off' ? `plain HTTP on ${config.host}, loopback or behind a proxy` : config.tls.mode;
  });
  await run('Data directory', 'Set another with AIRLOCK_DATA_DIR', async () => {
    const path = await prepareDataDir(config.dataDir);
    return process.env.AIRLOCK_SHOWN_DATA_DIR ?? path;
  });
  await run('Disk space', 'Set a data directory that can be read', async () => {
    const { state, seen, remedy } = await diskAdvice(config.dataDir, config.diskReserve);
    return { seen, remedy, state: ({ ample: 'ok', low: 'warning', full: 'unsafe' } as const)[state] };
  });
  const keyFile = firstKeyFile(config.dataDir);
  if (existsSync(keyFile)) {
    await run('First key', '', async () => ({
      state: 'warning',
      seen: `${shownPath(keyFile)} still contains it`,
      remedy: 'Copy the key to where it is needed, then delete the file',
    }));
  }
  await run(
    'Cores and memory',
    '',
    async () => `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
  );
  await run('Fonts', 'apt-get install fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji', async () => {
    const missing = FONTS.filter((font) => !existsSync(font));
    return missing.length === 0
      ? 'installed'
      : {
          state: 'warning',
          seen: `${missing.length} missing`,
          remedy: 'apt-get install fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji',
        };
  });
  await run('First start', 'Delete the path in the error, then run ./airlock prepare', () => describePrepared(config));
  await checkSandbox(config, run, checks);
  await checkService(config, run);

  if (options.json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  else process.stdout.write(doctorReport(checks));
  return checks.some((check) => check.state === 'unsafe') ? EXIT.failed : EXIT.ok;
}

type Run = (name: string, remedy: string, check: () => Promise<string | Partial<Check>>) => Promise<void>;

async function checkSandbox(config: Config, run: Run, checks: Check[]): Promise<void> {
  let facts: SandboxFacts | null = null;
  let summary: Check | undefined;
  await run('Sandbox', 'Install bubblewrap and allow user namespaces', async () => {
    facts = await examineSandbox(config, { full: false });
    [summary] = sandboxChecks(facts);
    return summary!;
  });
  if (!facts) return;
  checks.push(...ffmpegChecks((facts as SandboxFacts).ffmpeg), ...sandboxChecks(facts).slice(1));
}
