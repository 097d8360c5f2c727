import { flood } from '../../testkit/attacks/flood/flood.ts';
import { tracesOfJobs } from '../../testkit/attacks/flood/traces.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

/**
 * Size of the flood. It has more and larger files than the flood of the test: streams of hours, large animations, costly filters, and
 * sources that stall or never end.
 */
const SIZE = {
  files: 150,
  holeSeconds: 11.9 * 3600,
  burnSeconds: 0.4,
  gifSide: 4096,
  stillRows: 4352,
  wideRows: 2000,
  swellMib: 32,
  drips: 4,
  dripTries: 3,
  endless: 1,
  seed: 4,
};
const TIMEOUT_MS = 30 * 60_000;
const REST_MS = 10_000;

/** Measures the service while hostile files, all submitted concurrently, run in the default slots of this machine. */
export async function floodCase(options: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' });
  try {
    options.progress(`${SIZE.files} hostile files`);
    const report = await flood(bench.service, SIZE, TIMEOUT_MS, REST_MS);
    const left = [...report.undeclared, ...report.faults, ...report.health.faults, ...tracesOfJobs(bench.service)];
    if (left.length > 0) throw new Error(`the flood left traces:\n${left.join('\n')}`);
    const { ms } = report.health;
    const row = (what: string) => ({ case: 'flood', what });
    const range = { min: Math.min(...ms), max: Math.max(...ms) };
    return {
      rows: [
        bounded(row(`GET /health-check, p50 of ${ms.length}`), { value: percentile(ms, 0.5), ...range }, null, 'ms'),
        bounded(row('GET /health-check, p99'), { value: percentile(ms, 0.99) }, 100, 'ms'),
        bounded(
          row(`${SIZE.files} hostile and ${report.legitimate} legitimate jobs`),
          { value: report.seconds },
          null,
          's',
        ),
        ...Object.entries(report.memory.after).map(([role, after]) =>
          bounded(
            row(`RSS of ${role}, after - before`),
            { value: after - report.memory.before[role]! },
            null,
            'MiB',
            0,
          ),
        ),
      ],
      raw: { ...report },
    };
  } finally {
    await bench.close();
  }
}
