import {
  freshSpace,
  type MeasuredSpace,
  NEEDED_SPACE_MS,
  SpaceNearlyFull,
  spaceForUploads,
} from '../accounts/store-space.ts';
import type { UploadTarget } from '../contract/upload-inputs.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { announceEvents } from '../events/record.ts';
import { ARRIVING_INPUTS } from '../jobs/capabilities.ts';
import { type ResolvedSource, reserveSources, type SourceOwner } from '../jobs/sources.ts';
import { dropPrepared, insertPrepared, type PreparedUpload, prepareUpload } from '../uploads/new-inputs.ts';
import type { Admission, Caller } from './kind.ts';

/** The uploads of one admitted job, by the position of their inputs. */
export type PreparedUploads = ReadonlyMap<number, PreparedUpload>;

const NONE: PreparedUploads = new Map();

export function hasUploads({ inputs }: Pick<Admission, 'inputs'>): boolean {
  return inputs.some(({ upload }) => upload);
}

/**
 * Prepares the uploads of admitted jobs before the transaction that inserts them, and drops the uploads of jobs that were
 * not inserted, as `work` reports for each job. `space` is the free space of the storage, which uploads reserve, or null if no job
 * has uploads. If the space may not suffice, `work` runs again with a new measurement.
 */
export async function withPreparedUploads<T>(
  context: Pick<Context, 'store' | 'db'>,
  { account }: Caller,
  admissions: readonly Pick<Admission, 'inputs' | 'needs'>[],
  work: (
    uploads: readonly PreparedUploads[],
    space: Promise<MeasuredSpace | null> | null,
  ) => Promise<{ answer: T; isInserted: (index: number) => boolean }>,
): Promise<T> {
  if (!admissions.some(hasUploads))
    return (
      await work(
        admissions.map(() => NONE),
        null,
      )
    ).answer;
  const space = spaceForUploads(context);
  space.catch(() => {}); // reported by `work`
  const prepared: Map<number, PreparedUpload>[] = admissions.map(() => new Map());
  let isUsed: (index: number) => boolean = () => false;
  try {
    for (const [index, { inputs, needs }] of admissions.entries()) {
      const startsEarly = needs?.includes(ARRIVING_INPUTS) ?? false;
      for (const [position, { upload }] of inputs.entries()) {
        if (!upload) continue;
        prepared[index]!.set(position, await prepareUpload(context, account.id, { body: upload, startsEarly }));
      }
    }
    const { answer, isInserted } = await work(prepared, space).catch((error: unknown) => {
      if (!(error instanceof SpaceNearlyFull)) throw error;
      return work(prepared, freshSpace(context, { withinMs: NEEDED_SPACE_MS }));
    });
    isUsed = isInserted;
    // Streams that miss this notification poll for events.
    if (prepared.some((_, index) => isInserted(index))) announceEvents(context.db, {}).catch(() => {});
    return answer;
  } finally {
    const unused = prepared.filter((_, index) => !isUsed(index));
    await dropPrepared(
      context,
      unused.flatMap((uploads) => [...uploads.values()]),
    );
  }
}

/** The uploads of a job that are inserted in the transaction of the caller. */
export interface InsertedUploads {
  sources: ReadonlyMap<number, Pick<ResolvedSource, 'uploadId' | 'shownUrl'>>;
  targets: ReadonlyMap<number, UploadTarget>;
}

/** Inserts the uploads of a job. Throws like a presign if account or storage has no capacity for one of them. */
export async function insertUploads(
  context: Context,
  tx: Tx,
  job: Parameters<typeof insertPrepared>[2],
  uploads: PreparedUploads,
): Promise<InsertedUploads> {
  const sources = new Map<number, Pick<ResolvedSource, 'uploadId' | 'shownUrl'>>();
  const targets = new Map<number, UploadTarget>();
  for (const [position, upload] of uploads) {
    const { id, url, target } = await insertPrepared(context, tx, job, upload);
    sources.set(position, { uploadId: id, shownUrl: url });
    targets.set(position, target);
  }
  return { sources, targets };
}

/**
 * Locks sources that are named by URLs in one call, so that all uploads are locked in one order. A new upload needs no lock. `known` is as
 * in `reserveSources`.
 */
export async function lockNamed(
  context: Context,
  tx: Tx,
  owner: SourceOwner,
  admission: Admission,
  known: readonly ResolvedSource[] | null,
): Promise<ResolvedSource[]> {
  const named = [...admission.inputs, ...admission.assets];
  if (!hasUploads(admission)) return reserveSources(context, tx, owner, named, known);
  const older = (
    await reserveSources(
      context,
      tx,
      owner,
      named.filter(({ upload }) => !upload),
    )
  ).values();
  // `foundInputs` contains the sources of new uploads.
  return named.map(({ upload }, index) =>
    upload ? (admission.foundInputs![index] as ResolvedSource) : older.next().value!,
  );
}
