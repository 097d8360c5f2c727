import * as z from 'zod';
import { CONNECTION_MODES } from '../contract/connections.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn, type RowOf, sealColumn } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';

/** The data that is needed to use a bucket. */
const bucketAccess = z.object({
  endpoint: z.string(),
  region: z.string(),
  bucket: z.string(),
  access_key_id: z.string(),
  secret_access_key: z.string(),
  /** The folder with a slash at the end to which all keys are limited. Absent for the entire bucket. */
  prefix: z.string().optional(),
  /** Absent for reading and writing. */
  mode: z.enum(CONNECTION_MODES).optional(),
});
export type BucketAccess = z.infer<typeof bucketAccess>;

/** The stored form of the access to a bucket. It contains a secret, so only sealed columns may contain it. */
export const accessJson = storedJson('access of a connection', 1, bucketAccess);

type ConnectionKey = RowOf<'connections'>;

export function sealAccess(vault: Vault, row: ConnectionKey, access: BucketAccess): Buffer {
  return sealColumn(vault, 'connections', 'access_sealed', row, accessJson.write(access));
}

export function openAccess(vault: Vault, row: ConnectionKey & { access_sealed: Buffer }): BucketAccess {
  return accessJson.read(JSON.parse(openColumn(vault, 'connections', 'access_sealed', row)!));
}
