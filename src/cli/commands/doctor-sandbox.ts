import type { Config } from '../../config/config.ts';
import { preparedFolder } from '../../config/root.ts';
import { chooseSandbox } from '../../sandbox/choose.ts';
import { type FfmpegReport, reportFfmpeg } from '../../sandbox/index.ts';
import { programsWithSpeech } from '../../sandbox/speech/programs.ts';
import type { Sandbox, SelfTestCheck, SelfTestReport } from '../../sandbox/types.ts';
import { EXIT } from '../exit.ts';
import { ffmpegPaths, findTrimmedFfmpeg } from '../ffmpeg-paths.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { out } from '../style.ts';
import type { Check } from './doctor-check.ts';
import { reachTable, summarizeReach } from './sandbox-reach.ts';

/** The result of testing the sandbox of this machine. */
export interface SandboxFacts {
  report: SelfTestReport;
  rejected: { tier: string; reason: string }[];
  bounds: { memory: string; output: string; arguments: string };
  /** Versions of the programs that cells run, by the name of the program. */
  programs: Record<string, string>;
  ffmpeg: FfmpegReport;
}

/** Opens the tier that a worker would choose, runs the self-test (the short test of a start, or the `full` test), and closes the tier. */
export async function examineSandbox(config: Config, { full }: { full: boolean }): Promise<SandboxFacts> {
  const { dataDir, transcribeEngine, whisperModel: model } = config;
  const programs = programsWithSpeech(transcribeEngine, { dataDir, model });
  const paths = ffmpegPaths(config, await findTrimmedFfmpeg(config));
  const options = { dataDir, slots: 1, programs, paths, prepared: preparedFolder('rootimg') };
  const { sandbox, report, rejected } = await chooseSandbox(options, config.sandbox, { full });
  try {
    const bounds = {
      memory: sandbox.limits === 'cgroup' ? 'a control group' : 'address space only',
      output: sandbox.outputBound === 'kernel' ? 'the kernel' : 'periodic checks only',
      arguments: sandbox.ffmpeg.readsArguments
        ? 'hidden'
        : 'visible to every account of this machine (FFmpeg 7 hides them)',
    };
    const builds = mapBuilds(sandbox);
    const ffmpeg = await reportFfmpeg(sandbox.ffmpeg, config.dataDir, config);
    return { report, rejected, bounds, programs: builds, ffmpeg };
  } finally {
    await sandbox.close();
  }
}

/** Returns a check for the sandbox, for each stronger tier that failed, and for each attack or group of attacks. */
export function sandboxChecks({ report, rejected, bounds, programs }: SandboxFacts): Check[] {
  const { tier, checks } = report;
  const blocked = checks.filter((check) => check.passed && check.promised).length;
  const exceptions = checks.filter((check) => !check.promised).length;
  const not = exceptions > 0 ? `, ${exceptions} not promised by this tier` : '';
  return [
    {
      name: 'Sandbox',
      seen: `${tier}, ${blocked} of ${checks.length} attacks blocked${not}, memory bounded by ${bounds.memory}, output by ${bounds.output}, tags and filters ${bounds.arguments}, programs ${listPrograms(programs)}`,
      state: report.passed ? 'ok' : 'unsafe',
      remedy: tier === 'none' ? 'Unset AIRLOCK_SANDBOX, or set it to auto' : null,
    },
    ...rejected.map(
      (other): Check => ({
        name: `  ${other.tier} cannot be used`,
        state: 'warning',
        seen: other.reason,
        remedy: null,
      }),
    ),
    ...groupNumbered(checks).map(
      (check): Check => ({
        name: `  ${check.attempt}`,
        state: !check.passed ? 'unsafe' : check.promised ? 'ok' : 'warning',
        seen:
          check.passed && check.promised
            ? check.seen
            : `expected ${check.expected}, saw ${check.seen}${check.detail ? ` (${check.detail})` : ''}`,
        remedy: check.passed || tier === 'none' ? null : 'Run no jobs here; report this machine’s kernel and tier',
      }),
    ),
  ];
}

/**
 * Runs `doctor --sandbox`: shows what a hostile file could reach, and with `all` each attempt. Returns 1 if an attack succeeded or there is
 * no sandbox.
 */
export async function doctorSandbox(config: Config, options: { json?: boolean; all?: boolean }): Promise<number> {
  const display = openProgressDisplay(process.stderr.isTTY === true);
  const phase = 'Attacking';
  display.show({ name: phase, note: 'a cell, with hostile code in place of FFmpeg' });
  const facts = await examineSandbox(config, { full: true }).finally(() => display.stop());
  const { report, rejected, bounds, programs, ffmpeg } = facts;
  if (options.json) {
    const { version, package: name, path, since } = ffmpeg;
    const reach = summarizeReach(report.checks);
    const build = { version, package: name, path, since };
    process.stdout.write(`${JSON.stringify({ ...report, reach, rejected, bounds, programs, ffmpeg: build })}\n`);
  } else {
    process.stdout.write(options.all ? sandboxTable(report, rejected) + boundLines(facts) : reachReport(facts));
  }
  return report.passed ? EXIT.ok : EXIT.failed;
}

/** Returns the summary of the attempts, then each attempt that was not blocked. */
function reachReport(facts: SandboxFacts): string {
  const { report, rejected } = facts;
  const { tier, checks } = report;
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const open = checks.filter(({ passed, promised }) => !(passed && promised));
  return [
    ...rejectedLines(rejected),
    reachTable(checks, width),
    open.length > 0 ? `\n${attemptLines(open).join('\n')}\n` : '',
    `\n${countLine(report)}\n`,
    boundLines(facts),
    out.dim(`  ./airlock doctor --sandbox --all lists each attempt in the tier ${tier}\n`),
  ].join('');
}

function boundLines({ bounds: { memory, output, arguments: shown }, programs, ffmpeg }: SandboxFacts): string {
  return [
    `  FFmpeg ${ffmpeg.package ?? shortVersion(ffmpeg.version)} from ${ffmpeg.path}`,
    `  memory is bounded by ${memory}, output by ${output}; tags and filters of jobs are ${shown}`,
    `  programs in the image: ${listPrograms(programs)}`,
    '',
  ].join('\n');
}

function mapBuilds({ programs }: Sandbox): SandboxFacts['programs'] {
  return Object.fromEntries(Object.entries(programs).map(([name, build]) => [name, build.package ?? build.version]));
}

/** Returns names and versions: `ffmpeg 7:7.1.5-0+deb13u1, …`. Shortens `ffmpeg version 7.1 Copyright …` to the version. */
function listPrograms(programs: SandboxFacts['programs']): string {
  return Object.entries(programs)
    .map(([name, version]) => `${name} ${shortVersion(version)}`)
    .join(', ');
}

function shortVersion(version: string): string {
  return version.replace(/^\S+ version (\S+).*$/, '$1');
}

/** Returns a table with each attack and its expected and observed result. */
export function sandboxTable(
  report: SelfTestReport,
  rejected: readonly { tier: string; reason: string }[] = [],
): string {
  return [...rejectedLines(rejected), `${attemptLines(report.checks).join('\n')}\n\n`, `${countLine(report)}\n`].join(
    '',
  );
}

function rejectedLines(rejected: readonly { tier: string; reason: string }[]): string[] {
  return rejected.map(({ tier, reason }) => `${out.yellow(`${tier} cannot be used here: ${reason}`)}\n`);
}

/** Returns a title and a line for each attempt. A mark shows whether it was blocked, not promised to be blocked, or not blocked. */
function attemptLines(checks: readonly SelfTestCheck[]): string[] {
  const rows = groupNumbered(checks);
  const wide = Math.max(...rows.map((row) => row.attempt.length), 'attempt'.length);
  const middle = Math.min(28, Math.max(...rows.map((row) => (row.promised ? row.expected.length : 0)), 8));
  const lines = rows.map((row) => {
    const mark = !row.passed ? out.red('✗') : row.promised ? out.green('✓') : out.yellow('–');
    const expected = row.promised ? row.expected : 'not promised by this tier';
    const more = [
      ...(row.promised ? [] : [row.expected.replace('not promised: ', '')]),
      ...(row.detail ? [row.detail] : []),
      ...(row.firstTry ? [`first try: ${row.firstTry}`] : []),
    ];
    const why = more.map((line) => `\n  ${' '.repeat(wide)} ${out.dim(line)}`).join('');
    return `${mark} ${row.attempt.padEnd(wide)} ${out.dim(expected.padEnd(middle))} ${row.passed ? row.seen : out.red(row.seen)}${why}`;
  });
  return [out.bold(`  ${'attempt'.padEnd(wide)} ${'expected'.padEnd(middle)} seen`), ...lines];
}

function countLine({ tier, passed, checks }: SelfTestReport): string {
  const exceptions = checks.filter((check) => !check.promised).length;
  const through = checks.filter((check) => !check.passed).length;
  const parts = [
    `${checks.length - through - exceptions} blocked`,
    ...(exceptions > 0 ? [`${exceptions} not promised by this tier`] : []),
    `${through} not blocked`,
  ];
  return `${passed ? out.green('✓') : out.red('✗')} ${tier}: ${parts.join(', ')}`;
}

/**
 * Merges attempts with successive numbers and the same result into one: `… descriptor 3` and `… descriptor 4` become `… descriptor 3–4`.
 */
function groupNumbered(attempts: readonly SelfTestCheck[]): SelfTestCheck[] {
  const grouped: SelfTestCheck[] = [];
  let first = '';
  for (const attempt of attempts) {
    const [, stem, number] = /^(.*\D)(\d+)$/.exec(attempt.attempt) ?? [];
    const last = grouped.at(-1);
    const same = last?.passed && attempt.passed && last.seen === attempt.seen && !attempt.firstTry;
    if (stem && number && same && last.attempt.startsWith(stem)) {
      last.attempt = `${stem}${first}–${number}`;
      continue;
    }
    first = number ?? '';
    grouped.push({ ...attempt });
  }
  return grouped;
}
