import { sourceShort } from '../lib/media.ts';
import { memoryOf, type ProcessMemory, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';

const IDLE_MS = 10_000;
const JOBS = 20;

/**
 * Measures the resident memory of all processes of the service, including PostgreSQL, when the service is idle after its start and after a
 * few jobs.
 */
export async function memory(options: CaseOptions): Promise<CaseResult> {
  const source = await sourceShort();
  const bench = await openBench();
  const idle = async () => {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return memoryOf(processTree(bench.service.pid));
  };
  try {
    options.progress('idle for 10 s after the start');
    const fresh = await idle();
    options.progress(`${JOBS} jobs, then idle for 10 s`);
    const url = await bench.upload(source.path);
    for (let index = 0; index < JOBS; index += 1) {
      await bench.completed((await bench.create({ inputs: [{ url }], outputFormat: 'mp4' })).id);
    }
    const worked = await idle();
    return {
      rows: [...rows(fresh, 'idle', 400), ...rows(worked, `idle after ${JOBS} jobs`, null)],
      raw: { fresh, worked },
    };
  } finally {
    await bench.close();
  }
}

function rows(processes: ProcessMemory[], when: string, bound: number | null): CaseResult['rows'] {
  const sum = (measure: 'rss' | 'pss', some = processes) => some.reduce((total, one) => total + one[measure], 0);
  const row = (what: string) => ({ case: 'memory', what: `${when}: ${what}` });
  const database = processes.filter((one) => one.name.startsWith('postgres'));
  return [
    bounded(row(`RSS summed, ${processes.length} processes`), { value: sum('rss') }, bound, 'MiB', 0),
    bounded(row('PSS summed (shared pages once)'), { value: sum('pss') }, bound, 'MiB', 0),
    bounded(row(`PSS of PostgreSQL, ${database.length} processes`), { value: sum('pss', database) }, null, 'MiB', 0),
    ...processes
      .filter((one) => one.name.startsWith('airlock'))
      .map((one) => bounded(row(`PSS of ${one.name}`), { value: one.pss }, null, 'MiB', 0)),
  ];
}
