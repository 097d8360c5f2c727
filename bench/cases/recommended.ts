import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel } from '../lib/client.ts';
import {
  type ClientPath,
  cliPath,
  curlPath,
  rawPath,
  rawStepsPath,
  sdkPath,
  waitFirstPath,
} from '../lib/client-paths.ts';
import { sourceLargeCopy, sourceTiny } from '../lib/media.ts';
import { cpuByRole } from '../lib/own-cpu.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

/*
 * Measures the time that clients add to the requests that they send: the SDK, the command line and the documented `curl` commands, each
 * compared with the same requests without a library. All times are from the first byte of the client to the output on its disk.
 */

const SHORT = { outputFormat: 'mp4' as const, preset: { quality: 'medium' as const } };
const SHORT_FLAGS = ['--quality', 'medium'];
const COPY = [{ option: '-c', argument: 'copy' }];
const SHORT_FACTOR = 6;
const MAX_LARGE_PAIRS = 4;
const JOBS = 40;
const WIDTH = 4;
/** Milliseconds between the wait and the `PUT`, in both orders. */
const DELAY_MS = 20;

interface Section {
  rows: Row[];
  raw: Record<string, number[][]>;
}

/** Measures each way in turn, in pairs. `--only` selects sections by name: short, large or wait. */
export async function recommended(options: CaseOptions): Promise<CaseResult> {
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const sections = { short: shortJobs, large: largeCopies, wait: waits };
  try {
    const results: Section[] = [];
    for (const [name, measure] of Object.entries(sections)) {
      if (options.only.length === 0 || options.only.includes(name)) results.push(await measure(bench, folder, options));
    }
    return {
      rows: results.flatMap(({ rows }) => rows),
      raw: Object.assign({}, ...results.map(({ raw }) => raw)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
}

const row = (what: string) => ({ case: 'recommended', what });

async function shortJobs(bench: Bench, folder: string, { pairs, progress }: CaseOptions): Promise<Section> {
  const { path } = await sourceTiny();
  const ways = {
    raw: rawPath(bench, SHORT),
    sdk: sdkPath(bench, SHORT),
    steps: rawStepsPath(bench, SHORT),
    curl: curlPath(bench, SHORT),
    cli: cliPath(bench, SHORT_FLAGS),
  };
  const ms = await rounds(ways, { file: path, folder, count: pairs * SHORT_FACTOR, progress, name: 'short job' });
  const above = (way: number[], base: number[]) => {
    const extra = spread(way.map((each, index) => each - base[index]!));
    return { ...extra, value: extra.median };
  };
  const raw = spread(ms.raw!);
  return {
    rows: [
      bounded(row('short job, requests without a library'), { ...raw, value: raw.median }, null, 'ms', 0),
      bounded(row('short job, SDK - requests'), above(ms.sdk!, ms.raw!), 20, 'ms', 0),
      bounded(row('short job, documented curl - the same requests'), above(ms.curl!, ms.steps!), null, 'ms', 0),
      bounded(row('short job, CLI with its start - requests'), above(ms.cli!, ms.raw!), null, 'ms', 0),
    ],
    raw: { shortRaw: [ms.raw!], shortSdk: [ms.sdk!], shortCurl: [ms.curl!], shortCli: [ms.cli!] },
  };
}

async function largeCopies(bench: Bench, folder: string, { pairs, progress, report }: CaseOptions): Promise<Section> {
  const { path } = await sourceLargeCopy(progress);
  const megabytes = (statSync(path).size / 1e6).toFixed(0);
  const rows: Row[] = [];
  const raw: Section['raw'] = {};
  for (const outputFormat of ['mp4', 'mkv'] as const) {
    const fields = { outputFormat, options: COPY };
    const name = `copy of ${megabytes} MB to ${outputFormat.toUpperCase()}`;
    const ways = { raw: rawStepsPath(bench, fields), sdk: sdkPath(bench, fields) };
    const cpu = new Map<string, number>();
    const count = Math.min(pairs, MAX_LARGE_PAIRS);
    const ms = await rounds(withCpu(bench, ways, cpu), { file: path, folder, count, progress, name, outputFormat });
    const ratio = spread(ms.sdk!.map((each, index) => each / ms.raw![index]!));
    const [rawMs, sdkMs] = [spread(ms.raw!), spread(ms.sdk!)];
    rows.push(
      bounded(row(`${name}, SDK / requests`), { ...ratio, value: ratio.median }, 1.2, '', 2),
      bounded(row(`${name}, requests`), { ...rawMs, value: rawMs.median }, null, 'ms', 0),
      bounded(row(`${name}, SDK`), { ...sdkMs, value: sdkMs.median }, null, 'ms', 0),
    );
    for (const [way, seconds] of cpu)
      report(`${name}: ${way} ${(seconds / (count + 1)).toFixed(1)} s of CPU of the service's own processes`);
    raw[`large-${outputFormat}`] = [ms.raw!, ms.sdk!];
  }
  return { rows, raw };
}

/** Adds up the CPU seconds of the service's own processes for each way. */
function withCpu(bench: Bench, ways: Record<string, ClientPath>, total: Map<string, number>) {
  const spent = () => Object.values(cpuByRole(bench)).reduce((sum, each) => sum + each, 0) / 1000;
  return Object.fromEntries(
    Object.entries(ways).map(([name, way]): [string, ClientPath] => [
      name,
      async (file, output) => {
        const before = spent();
        await way(file, output);
        total.set(name, (total.get(name) ?? 0) + spent() - before);
      },
    ]),
  );
}

async function waits(bench: Bench, folder: string, { pairs, progress }: CaseOptions): Promise<Section> {
  const { path } = await sourceTiny();
  const before = waitFirstPath(bench, SHORT, DELAY_MS);
  const plain = rawPath(bench, SHORT);
  const after: ClientPath = async (file, output) => {
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    await plain(file, output);
  };
  const single = await rounds(
    { after, before },
    {
      ...{ file: path, folder, count: pairs * SHORT_FACTOR, progress, name: 'wait' },
    },
  );
  const many = (way: ClientPath): ClientPath => {
    return (file, output) =>
      inParallel(
        Array.from({ length: JOBS }, (_, index) => () => way(file, `${output}.${index}`)),
        WIDTH,
      );
  };
  const ways = { after: many(after), before: many(before) };
  const bulk = await rounds(ways, { file: path, folder, count: pairs, progress, name: `${JOBS} waits` });
  const ratios = ({ before: first, after: second }: Record<string, number[]>) => {
    const found = spread(first!.map((each, index) => each / second![index]!));
    return { ...found, value: found.median };
  };
  return {
    rows: [
      bounded(row('short job, wait before the PUT / after it'), ratios(single), 1.05, '', 2),
      bounded(row(`${JOBS} tiny jobs, wait before the PUT / after it`), ratios(bulk), 1.05, '', 2),
    ],
    raw: { waitAfter: [single.after!], waitBefore: [single.before!] },
  };
}

interface Rounds {
  file: string;
  folder: string;
  /** Number of rounds after one warm-up round. */
  count: number;
  progress: (text: string) => void;
  name: string;
  outputFormat?: string;
}

/** Returns the milliseconds of each way, by round. */
async function rounds(ways: Record<string, ClientPath>, options: Rounds): Promise<Record<string, number[]>> {
  const { file, folder, count, progress, name, outputFormat = 'mp4' } = options;
  const ms: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let index = 0; index <= count; index += 1) {
    progress(`${name}: ${index === 0 ? 'warm-up' : `round ${index} of ${count}`}`);
    for (const [way, run] of Object.entries(ways)) {
      const output = join(folder, `${way}.${outputFormat}`);
      const began = performance.now();
      await run(file, output);
      if (index > 0) ms[way]!.push(performance.now() - began);
      await rm(output, { force: true });
    }
  }
  return ms;
}
