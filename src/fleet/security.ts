import type { Security } from '../contract/security.ts';
import type { Db } from '../database/pool.ts';
import type { WorkersTable } from '../database/tables.ts';
import { aliveWorkers } from './workers.ts';

type State = Pick<Security['ffmpeg'], 'update' | 'advisories' | 'trimmed'>;
const NO_REPORT: State = { update: null, advisories: null, trimmed: null };
type Tier = Security['sandbox'][number]['tier'];
type Bounds = Security['sandbox'][number]['bounds'];

/**
 * Reports how each live worker confines FFmpeg, the result of its last self-test, and the FFmpeg build of the newest
 * worker.
 */
export async function readSecurity(db: Db): Promise<Omit<Security, 'retention_seconds'>> {
  const workers = (await aliveWorkers(db)).sort((a, b) => a.started_at.getTime() - b.started_at.getTime());
  const newest = workers.at(-1);
  return {
    sandbox: workers.map((worker) => ({
      worker: worker.id,
      tier: worker.tier as Tier,
      bounds: boundsOf(worker),
      arguments: worker.arguments_hidden ? ('hidden' as const) : ('visible' as const),
      passed: worker.self_test_passed,
      checks: worker.self_test_checks ?? 0,
      exceptions: worker.self_test_exceptions,
      at: worker.self_test_at?.toISOString() ?? null,
    })),
    ffmpeg: {
      version: newest?.ffmpeg ?? null,
      package: newest?.ffmpeg_package ?? null,
      since: newest?.ffmpeg_since?.toISOString() ?? null,
      ...NO_REPORT,
      // Workers of older releases report no trimmed build.
      ...(newest?.ffmpeg_report as Partial<State> | null),
    },
  };
}

/** Rows of releases that did not record a bound count as having the weaker bound. */
function boundsOf(worker: Pick<WorkersTable, 'memory_bound' | 'output_bound'>): Bounds {
  return {
    memory: worker.memory_bound === 'control_group' ? 'control_group' : 'address_space',
    output: worker.output_bound === 'kernel' ? 'kernel' : 'watched',
  };
}
