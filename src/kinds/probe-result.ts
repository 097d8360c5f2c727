import { type ProbeAnswer, probeResult } from '../contract/probe.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn, type RowOf } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';
import type { Job } from '../jobs/rows.ts';

export const resultJson = storedJson('result of a probe', 1, probeResult);

/** Returns the result of a completed probe; null once it has been erased. */
export function openResult(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'plan_sealed'>): ProbeAnswer | null {
  const text = openColumn(vault, 'jobs', 'plan_sealed', job);
  return text === null ? null : resultJson.read(JSON.parse(text));
}
