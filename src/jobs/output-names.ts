import { outputNames } from '../contract/output-names.ts';
import type { Vault } from '../crypto/vault.ts';
import type { Context } from '../database/context.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { JobOutput } from './rows.ts';

type NamedRow = Pick<JobOutput, 'id' | 'account_id' | 'format' | 'label_sealed'>;

/** Returns the outputs of a job with their names, in the order of the request. The names of an erased job are derived from the formats. */
export function namedOutputs<Row extends NamedRow>(vault: Vault, rows: readonly Row[]): { name: string; row: Row }[] {
  const labels = rows.map((row) => ({
    name: openColumn(vault, 'job_outputs', 'label_sealed', row) ?? undefined,
    outputFormat: row.format,
  }));
  return outputNames(labels).map((name, index) => ({ name, row: rows[index]! }));
}

/** Returns the names of the outputs of each of these jobs, in the order of its request. */
export async function readOutputNames(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  jobIds: readonly string[],
): Promise<Map<string, string[]>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('job_outputs')
    .select(['id', 'account_id', 'job_id', 'format', 'label_sealed'])
    .where('job_id', 'in', [...new Set(jobIds)])
    .orderBy('position')
    .execute();
  const ofJob = (id: string) => rows.filter(({ job_id }) => job_id === id);
  return new Map(jobIds.map((id) => [id, namedOutputs(vault, ofJob(id)).map(({ name }) => name)]));
}
