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
import { abortUncommitted, abortUnused } from '../uploads/abort-unused.ts';
import { begunOf, insertPrepared, type PreparedUpload, prepareUpload } from '../uploads/new-inputs.ts';
import type { Admission, Caller } from './kind.ts';

/** The uploads of one admitted job, by the position of their inputs. */
export type PreparedUploads = ReadonlyMap<number, PreparedUpload>;

const NONE: PreparedUploads = new Map();

export function hasUploads({ inputs }: Pick<Admission, 'inputs'>): boolean {
  return inputs.some(({ upload }) => upload);
}

/**
 * Prepares the uploads of admitted jobs, and calls `work`, which inserts the jobs in a transaction. Then aborts the uploads of each job for
 * which `isInserted` returns false. If `work` throws, aborts the uploads that no transaction has committed. `space` is the free space of
 * the storage, which uploads reserve, or null if no job has uploads. If `work` throws `SpaceNearlyFull`, calls it again with a new
 * measurement.
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
  space.catch(() => {}); // `work` reports the error.
  const prepared: Map<number, PreparedUpload>[] = admissions.map(() => new Map());
  const begunWhere = (isWanted: (index: number) => boolean) =>
    prepared.filter((_, index) => isWanted(index)).flatMap((uploads) => begunOf(uploads.values()));
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
    // Ignore errors, because streams that miss this notification poll for events.
    if (prepared.some((_, index) => isInserted(index))) announceEvents(context.db, {}).catch(() => {});
    const unused = begunWhere((index) => !isInserted(index));
    await abortUnused(context, unused);
    return answer;
  } catch (error) {
    const all = begunWhere(() => true);
    await abortUncommitted(context, error, all);
    throw error;
  }
}

/** The uploads of a job that were inserted in the transaction of the caller, by the positions of the inputs. */
export interface InsertedUploads {
  sources: ReadonlyMap<number, Pick<ResolvedSource, 'uploadId' | 'shownUrl'>>;
  targets: ReadonlyMap<number, UploadTarget>;
  /** The time of the transaction. */
  createdAt: Date;
}

/** Inserts the uploads of a job. Throws the errors of a presign if the account or the storage has no capacity for one of the uploads. */
export async function insertUploads(
  context: Context,
  tx: Tx,
  job: Parameters<typeof insertPrepared>[2],
  uploads: PreparedUploads,
): Promise<InsertedUploads> {
  const sources = new Map<number, Pick<ResolvedSource, 'uploadId' | 'shownUrl'>>();
  const targets = new Map<number, UploadTarget>();
  let createdAt: Date | undefined;
  for (const [position, upload] of uploads) {
    const { id, url, target, ...inserted } = await insertPrepared(context, tx, job, upload);
    createdAt = inserted.createdAt;
    sources.set(position, { uploadId: id, shownUrl: url });
    targets.set(position, target);
  }
  if (!createdAt) throw new Error('there is no upload to insert');
  return { sources, targets, createdAt };
}

/**
 * Locks all sources that are named by URLs in one call, so that uploads are always locked in the same order. New uploads need no lock.
 * `reserveSources` documents `known`.
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
