import { OUTPUT_ROLES, OUTPUT_STATUSES, type OutputView } from '../contract/outputs.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { viewDelivery } from '../jobs/delivery.ts';
import { namedOutputs } from '../jobs/output-names.ts';
import { type JobOutput, outputFacts } from '../jobs/rows.ts';

/** The columns from which the view of an output is built. */
export type ViewedOutput = Omit<JobOutput, 'name_sealed'>;

/** The parts of the URLs of outputs. Null if the outputs have no URLs, because their job is erased. */
export type OutputUrls = { bucket: string; jobId: string } | null;

/**
 * Returns the outputs of a job as clients see them. A job with several outputs shows all of them, with their status. A job with one output
 * shows it after the output is completed.
 */
export function viewOutputs(vault: Vault, rows: readonly ViewedOutput[], urls: OutputUrls): OutputView[] {
  const views = namedOutputs(vault, rows).map(({ name, row }) =>
    viewOutput(vault, { name, row, url: urls && urlOf(urls, name, row) }),
  );
  return rows.length === 1 ? views.filter(({ status }) => status === 'completed') : views;
}

function viewOutput(
  vault: Vault,
  { name, row, url }: { name: string; row: ViewedOutput; url: string | null },
): OutputView {
  const destination = viewDelivery(vault, row);
  const facts = row.status === 'completed' ? outputFacts.readOrNull(row.facts) : null;
  return {
    name,
    url,
    role: OUTPUT_ROLES.find((role) => role === row.role) ?? 'media',
    // A newer release may have stored a status that this release does not know.
    status: OUTPUT_STATUSES.find((status) => status === row.status) ?? 'pending',
    format: row.format,
    size: facts?.size ?? null,
    files: facts && (facts.files ?? 1),
    duration_seconds: facts?.duration_seconds ?? null,
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    video_codec: facts?.video_codec ?? null,
    audio_codec: facts?.audio_codec ?? null,
    sha256: facts?.sha256 ?? null,
    ...(facts?.plan && { plan: facts.plan }),
    ...(facts?.renditions && { renditions: facts.renditions }),
    ...(facts?.encrypted !== undefined && { encrypted: facts.encrypted }),
    delivery: destination && {
      status: destination.status === 'delivering' ? 'pending' : destination.status,
      attempts: destination.attempts,
      error_code: destination.error_code,
      error_message: destination.error_message,
    },
    ...(destination && { destination }),
    ...(facts?.quality && { quality: facts.quality }),
    ...(facts?.measures && { measures: facts.measures }),
    error_code: row.error_code,
    error_message: openColumn(vault, 'job_outputs', 'error_sealed', row),
  };
}

/** Returns the URL by which an output can be an input of another job. Returns null if the output is not a completed single file. */
function urlOf({ bucket, jobId }: NonNullable<OutputUrls>, name: string, row: ViewedOutput): string | null {
  const files = outputFacts.readOrNull(row.facts)?.files;
  if (row.status !== 'completed' || files !== undefined) return null;
  return `gs://${bucket}/outputs/${jobId}/${name}.${row.format}`;
}
