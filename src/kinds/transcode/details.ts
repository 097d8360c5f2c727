import { describeFile } from '../../attempt/media/describe-file.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import type { JobDetails } from '../../contract/job-details.ts';
import type { Context } from '../../database/context.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { commandsOf } from '../../jobs/attempt-commands.ts';
import { inputsOf } from '../../jobs/read.ts';
import { type Job, type JobSource, sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import { plannedCommands } from './manifest.ts';
import { openRequest } from './request.ts';

/** Returns how a job was requested and how it ran, for a person who wants to understand its result. */
export async function readDetails(context: Pick<Context, 'db' | 'vault'>, job: Job): Promise<JobDetails> {
  const inputs = await inputsOf(context.db, job.id);
  const [command, ...further] = plannedCommands(context, job);
  return {
    request: requestOf(context, job, inputs),
    command: command ?? null,
    further_commands: further,
    inputs: inputs.map(contentOf),
    attempts: await attemptsOf(context, job),
  };
}

/** Returns the request with its URLs. Returns null once the job is erased, because its URLs are then deleted. */
function requestOf({ vault }: Pick<Context, 'vault'>, job: Job, sources: readonly JobSource[]): JobDetails['request'] {
  const request = openRequest(vault, job);
  if (request === null) return null;
  const urls = sources.map((source) => openColumn(vault, 'job_sources', 'url_sealed', sourceRow(job, source)));
  const metadata = openColumn(vault, 'jobs', 'metadata_sealed', job);
  return {
    ...request,
    inputs: request.inputs.map((input, index) => ({ url: urls[index], ...input })),
    ...(metadata !== null && { metadata: JSON.parse(metadata) }),
    ...(job.priority !== 0 && { priority: job.priority }),
  };
}

function contentOf({ probe }: JobSource): JobDetails['inputs'][number] {
  const inspection = inspectionJson.readOrNull(probe);
  const info = knownInfo(inspection);
  return info && describeFile(info, { sizeBytes: info.sizeBytes, container: inspection?.container ?? null });
}

async function attemptsOf({ db, vault }: Pick<Context, 'db' | 'vault'>, job: Job): Promise<JobDetails['attempts']> {
  const rows = await db
    .selectFrom('attempts')
    .select(['id', 'number', 'state', 'started_at', 'ended_at', 'error_code', 'exit_code', 'signal', 'cpu_ms'])
    .select(['max_rss as max_rss_bytes', 'tier', 'ffmpeg_version', 'commands', 'stderr_sealed'])
    .where('job_id', '=', job.id)
    .orderBy('number')
    .execute();
  return rows.map(({ id, stderr_sealed, started_at, ended_at, ...row }) => ({
    ...row,
    started_at: started_at.toISOString(),
    ended_at: ended_at?.toISOString() ?? null,
    commands: commandsOf(row),
    log: openColumn(vault, 'attempts', 'stderr_sealed', { id, account_id: job.account_id, stderr_sealed }),
  }));
}
