import { parseArgs } from 'node:util';
import { openProgressDisplay } from '../../src/cli/progress-display.ts';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import { parseRequest } from '../../src/ffmpeg/policy/options/parse-request.ts';
import { startsInFfmpeg } from './differential.ts';
import { graphsOf } from './review.ts';
import { caseOf, fuzz, type Report } from './run.ts';

const USAGE = `npm run fuzz -- [--cases N] [--seed N] [--ffmpeg N] [--case N] [--json]

  --cases   requests to make, 200,000 by default
  --seed    another row of requests; the same seed gives the same requests
  --ffmpeg  accepted graphs that are started in FFmpeg as well, 2,000 by default
  --case    prints one request of that seed, and nothing else
  --json    the entire report on standard output
`;

interface Differential {
  graphs: number;
  findings: string[];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 64;
  }
  const { cases, seed, ffmpeg } = options;
  if (options.only !== null) {
    process.stdout.write(`${JSON.stringify(caseOf(seed, options.only), null, 2)}\n`);
    return 0;
  }
  process.stderr.write(`seed ${seed}, ${cases} cases\n`);
  const bar = openProgressDisplay(true);
  const accepted: TranscodeRequest[] = [];
  const report = fuzz({
    cases,
    seed,
    onCase: (done, findings) => {
      if (done % 100 === 0)
        bar.show({ name: 'Requests', fraction: done / cases, note: findings > 0 ? `${findings} findings` : '' });
    },
    onAccepted: (request) => {
      // Collects the first accepted requests for the comparison with FFmpeg.
      if (accepted.length < 4 * ffmpeg) accepted.push(request);
    },
  });
  const differential = await startAll(accepted, ffmpeg, (share) => bar.show({ name: 'In FFmpeg', fraction: share }));
  bar.stop();
  if (options.json) process.stdout.write(`${JSON.stringify({ ...report, differential }, null, 2)}\n`);
  else print(report, differential);
  return report.findings.length + differential.findings.length > 0 ? 1 : 0;
}

async function startAll(
  requests: readonly TranscodeRequest[],
  most: number,
  onShare: (share: number) => void,
): Promise<Differential> {
  const queue = requests.flatMap((request) => graphsOf(parseRequest(request))).slice(0, most);
  const all = queue.length;
  const findings: string[] = [];
  await Promise.all(
    [0, 1].map(async () => {
      for (let graph = queue.shift(); graph; graph = queue.shift()) {
        const output = await startsInFfmpeg(graph);
        if (output) findings.push(output);
        onShare((all - queue.length) / all);
      }
    }),
  );
  return { graphs: all, findings };
}

function print(report: Report, differential: Differential): void {
  for (const finding of report.findings) {
    process.stdout.write(`case ${finding.case}: ${finding.faults.join('\n  ')}\n`);
  }
  for (const finding of differential.findings) process.stdout.write(`FFmpeg rejects: ${finding}\n`);
  const { cases, accepted, planned, layers, slowest, seconds } = report;
  const figures = [
    `${cases} requests in ${seconds.toFixed(1)} s`,
    `${accepted} accepted, ${planned} planned, ${layers} layers drawn`,
    `slowest: ${slowest.parseMs.toFixed(1)} ms to read, ${slowest.planMs.toFixed(1)} ms to plan`,
    `${differential.graphs} graphs started in FFmpeg`,
    `${report.findings.length + differential.findings.length} findings`,
  ];
  process.stdout.write(`${figures.join('\n')}\n`);
}

function readOptions(): { cases: number; seed: number; ffmpeg: number; only: number | null; json: boolean } | string {
  try {
    const { values } = parseArgs({
      options: {
        cases: { type: 'string' },
        seed: { type: 'string' },
        ffmpeg: { type: 'string' },
        case: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const readInteger = (name: 'cases' | 'seed' | 'ffmpeg' | 'case', fallback: number): number => {
      const value = Number(values[name] ?? fallback);
      if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} is an integer.`);
      return value;
    };
    return {
      cases: readInteger('cases', 200_000),
      seed: readInteger('seed', Date.now() % 1_000_000),
      ffmpeg: readInteger('ffmpeg', 2000),
      only: values.case === undefined ? null : readInteger('case', 0),
      json: values.json ?? false,
    };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = await main();
