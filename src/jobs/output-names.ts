import { outputNames } from '../contract/output-request.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { JobOutput } from './rows.ts';

type NamedRow = Pick<JobOutput, 'id' | 'account_id' | 'format' | 'label_sealed'>;

/** The outputs of a job by their names in the request, in its order. An erased job has only the names of the formats. */
export function namedOutputs<Row extends NamedRow>(vault: Vault, rows: readonly Row[]): { name: string; row: Row }[] {
  const labels = rows.map((row) => ({
    name: openColumn(vault, 'job_outputs', 'label_sealed', row) ?? undefined,
    outputFormat: row.format,
  }));
  return outputNames(labels).map((name, index) => ({ name, row: rows[index]! }));
}
