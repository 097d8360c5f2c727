import * as z from 'zod';
import type { Vault } from '../../crypto/vault.ts';
import { openColumn, type RowOf } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import type { Job } from '../../jobs/rows.ts';

/** The stored result. `reason` is the reason why the bucket cannot be used; null if it can be used. */
export const resultJson = storedJson('result of a check', 1, z.object({ reason: z.string().nullable() }));

/** Returns the result of a completed check; null once it has been erased. */
export function openResult(
  vault: Vault,
  job: RowOf<'jobs'> & Pick<Job, 'plan_sealed'>,
): { reason: string | null } | null {
  const text = openColumn(vault, 'jobs', 'plan_sealed', job);
  return text === null ? null : resultJson.read(JSON.parse(text));
}
