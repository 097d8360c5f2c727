import { ApiError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/receipts.ts';
import type { Context } from '../../database/context.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { commandsOf } from '../../jobs/attempt-commands.ts';
import { outputsOf } from '../../jobs/read.ts';
import type { Job } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import { viewOutputs } from '../view-outputs.ts';
import { planJson } from './request.ts';

/**
 * Describes how the outputs of a job were made: hashes of inputs and outputs, the exact commands of the last attempt, a record of all
 * commands of the attempts that made outputs, the FFmpeg build, and the sandbox. The manifest does not change until the job is erased. Then
 * it omits the exact commands, which may contain text of the job's owner, but keeps their hash. Throws `transcode_not_completed` if the job
 * is not completed.
 */
export async function readManifest(context: Pick<Context, 'db' | 'vault' | 'store'>, job: Job): Promise<Manifest> {
  const { id } = job;
  if (job.status !== 'completed') throw new ApiError('transcode_not_completed');
  const attempts = await makersOf(context, job);
  const attempt = attempts.find((one) => one.id === job.current_attempt)!;
  const outputs = await outputsOf(context.db, [id]);
  const [argv, ...further] = plannedCommands(context, job);
  return {
    type: 'airlock.manifest',
    version: 1,
    transcode_id: id,
    created_at: job.created_at.toISOString(),
    started_at: job.started_at?.toISOString() ?? null,
    completed_at: job.completed_at?.toISOString() ?? null,
    erased_at: job.erased_at?.toISOString() ?? null,
    inputs: await sourcesOf(context, id),
    outputs: viewOutputs(context.vault, outputs, { bucket: context.store.bucket, jobId: id }),
    command: {
      argv: argv ?? null,
      ...(further.length > 0 && { further }),
      sha256: attempt.command_sha256,
    },
    ffmpeg: { version: attempt.ffmpeg_version, package: attempt.ffmpeg_package },
    commands: attempts.flatMap(commandsOf),
    sandbox: { tier: attempt.tier },
    attempt: {
      number: attempt.number,
      started_at: attempt.started_at.toISOString(),
      ended_at: attempt.ended_at?.toISOString() ?? null,
      exit_code: attempt.exit_code,
      cpu_ms: attempt.cpu_ms,
      max_rss_bytes: attempt.max_rss,
    },
    airlock: { version: attempt.airlock_version },
  };
}

/** Returns the attempts that made outputs of a job, and the last attempt, in their order. */
function makersOf({ db }: Pick<Context, 'db'>, { id, current_attempt }: Job) {
  return db
    .selectFrom('attempts')
    .selectAll()
    .where('job_id', '=', id)
    .where((where) =>
      where.or([
        where('id', '=', current_attempt),
        where('id', 'in', (select) =>
          select
            .selectFrom('job_outputs')
            .innerJoin('objects', 'objects.id', 'job_outputs.object_id')
            .select('objects.attempt_id')
            .where('job_outputs.job_id', '=', id)
            .$castTo<{ attempt_id: string }>(),
        ),
      ]),
    )
    .orderBy('number')
    .execute();
}

async function sourcesOf({ db }: Pick<Context, 'db'>, id: string): Promise<Manifest['inputs']> {
  const rows = await db
    .selectFrom('job_sources')
    .select(['position', 'role', 'kind', 'size', 'sha256', 'probe'])
    .where('job_id', '=', id)
    .orderBy('position')
    .execute();
  return rows.map(({ probe, ...row }) => ({ ...row, container: inspectionJson.readOrNull(probe)?.container ?? null }));
}

/** Returns the commands, with file names as in the cell. Returns no commands before the job is completed and after it is erased. */
export function plannedCommands({ vault }: Pick<Context, 'vault'>, job: Job): string[][] {
  const plan = openColumn(vault, 'jobs', 'plan_sealed', job);
  if (plan === null) return [];
  const { args, further = [] } = planJson.read(JSON.parse(plan));
  return [args, ...further].map((each) => ['ffmpeg', ...each]);
}
