import { openAsSuperuser } from '../../testkit/service-database.ts';
import { fillWithJobs } from '../lib/many-jobs.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const [FEW, MANY] = [1_000, 1_000_000];
/** Number of measured requests for each page. */
const REQUESTS = 40;

/**
 * Pages of 100 jobs, with every filter. `jobs` is the number of jobs of the account that lists them: seven of ten jobs, of which one in a
 * thousand has the status `failed`. `times` are times of updates of rows.
 */
const PAGES: Record<string, (jobs: number, times: { recent: string; old: string }) => string> = {
  'the first': () => '',
  'the first, status=failed': () => 'status=failed',
  'the first, status=pending': () => 'status=pending',
  'the last': (jobs) => `page=${Math.ceil(jobs / 100)}`,
  'the middle': (jobs) => `page=${Math.ceil(jobs / 200)}`,
  'since, 0.1 % of the jobs': (_, { recent }) => `since=${recent}`,
  'until, 0.1 % of the jobs': (_, { old }) => `until=${old}`,
  'since, all jobs': (_, { old }) => `since=${old}`,
};

/** Measures the cost of a page of 100 jobs with a million jobs, compared with a thousand jobs. */
export async function pages({ progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench();
  const database = await openAsSuperuser(bench.service.dataDir);
  try {
    const measured: Record<string, Record<string, number[]>> = {};
    for (const count of [FEW, MANY]) {
      progress(`writing ${count} jobs`);
      const filled = await fillWithJobs(database, count);
      for (const [what, query] of Object.entries(PAGES)) {
        progress(`${count} jobs: ${what}`);
        const path = `/v1/transcodes?limit=100&${query(filled.listed, filled)}`;
        const ms: number[] = [];
        for (let index = 0; index <= REQUESTS; index += 1) {
          const began = performance.now();
          const response = await bench.service.call('GET', path);
          if (response.status !== 200) throw new Error(`${path}: ${response.text.slice(0, 500)}`);
          if (index > 0) ms.push(performance.now() - began);
        }
        measured[what] = { ...measured[what], [count]: ms };
      }
    }
    const rows = Object.entries(measured).flatMap(([what, ms]) =>
      [FEW, MANY].map((count) => {
        const of = ms[count]!;
        const range = { min: Math.min(...of), max: Math.max(...of) };
        const name = `page of 100, ${count.toLocaleString('en')} jobs: ${what}, p50`;
        return bounded({ case: 'pages', what: name }, { value: percentile(of, 0.5), ...range }, null, 'ms');
      }),
    );
    return { rows, raw: measured };
  } finally {
    await database.end();
    await bench.close();
  }
}
