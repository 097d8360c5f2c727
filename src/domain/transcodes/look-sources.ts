import type { ErrorCode } from '../../contract/errors.ts';
import type { Db } from '../../database/pool.ts';
import type { Account } from '../accounts.ts';
import type { Context } from '../context.ts';
import { type Inspection, inspectionOf, uploadUrl } from '../uploads/upload.ts';
import { OUTPUT_URL } from './inputs.ts';

/** What is known of a source without touching it. */
export interface SourceLook {
  /** Why a job with it would be refused; null = it would be accepted. */
  refusal: Extract<ErrorCode, 'source_not_owned' | 'source_deleted'> | null;
  /** Of a confirmed upload; null = not known before the job runs. */
  inspection: Inspection | null;
}

const UNKNOWN: SourceLook = { refusal: null, inspection: null };
const NOT_OWNED: SourceLook = { refusal: 'source_not_owned', inspection: null };
const DELETED: SourceLook = { refusal: 'source_deleted', inspection: null };

/** Judges gs:// URLs as `resolveSources` does, but holds, extends and promises nothing. */
export async function lookAtSources(
  context: Pick<Context, 'vault' | 'store'>,
  db: Db,
  account: Account,
  urls: readonly string[],
): Promise<SourceLook[]> {
  const prefix = uploadUrl(context.store.bucket, '');
  const outputs = urls.flatMap((url) => {
    const match = OUTPUT_URL.exec(url);
    return match && match[1] === context.store.bucket ? [{ url, job: match[2]! }] : [];
  });
  const names = urls.filter((url) => url.startsWith(prefix) && !OUTPUT_URL.test(url));
  const found = new Map<string, SourceLook>();
  if (names.length > 0) {
    const prints = new Map(
      names.map((url) => [context.vault.fingerprint(url.slice(prefix.length)).toString('hex'), url]),
    );
    const rows = await db
      .selectFrom('uploads')
      .leftJoin('objects', 'objects.id', 'uploads.object_id')
      .select(['uploads.name_fingerprint', 'uploads.state', 'uploads.probe', 'objects.state as object_state'])
      .where('uploads.account_id', '=', account.id)
      .where(
        'uploads.name_fingerprint',
        'in',
        [...prints.keys()].map((hex) => Buffer.from(hex, 'hex')),
      )
      .execute();
    for (const row of rows) {
      const url = prints.get(row.name_fingerprint.toString('hex'))!;
      if (row.state === 'confirmed' && row.object_state === 'live') {
        found.set(url, { refusal: null, inspection: inspectionOf(row) });
      } else found.set(url, row.state === 'deleted' || row.state === 'confirmed' ? DELETED : NOT_OWNED);
    }
  }
  if (outputs.length > 0) {
    const rows = await db
      .selectFrom('transcodes')
      .leftJoin('objects', 'objects.id', 'transcodes.output_object_id')
      .select(['transcodes.id', 'transcodes.erased_at', 'objects.state'])
      .where('transcodes.account_id', '=', account.id)
      .where('transcodes.status', '=', 'completed')
      .where(
        'transcodes.id',
        'in',
        outputs.map((output) => output.job),
      )
      .execute();
    for (const { url, job } of outputs) {
      const row = rows.find((candidate) => candidate.id === job);
      if (row) found.set(url, row.erased_at || row.state !== 'live' ? DELETED : UNKNOWN);
    }
  }
  return urls.map((url) => found.get(url) ?? (url.startsWith('gs://') ? NOT_OWNED : UNKNOWN));
}
