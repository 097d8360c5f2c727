import { join } from 'node:path';
import { JobFailure } from '../contract/failures.ts';
import { retryTransient } from '../database/transient.ts';
import { getAccount } from '../domain/accounts.ts';
import { isStorageAway } from '../domain/outage.ts';
import type { ClaimedInspection } from '../domain/uploads/inspect.ts';
import { acceptInspection, refuseInspection, returnInspection } from '../domain/uploads/inspect.ts';
import type { Inspection } from '../domain/uploads/upload.ts';
import { contentTypeMatches, detectMedia, SUBTITLE_DEMUXERS } from '../media/index.ts';
import type { WorkerDeps } from './deps.ts';
import { openMedia } from './open-media.ts';
import { readHead } from './read-head.ts';
import { bringObject, makeWorkFolder } from './source-files.ts';
import { subtitleSummary, summarise } from './summary.ts';

/** How long the answer is worth repeating while the database is away: then another worker has looked. */
const ANSWER_MS = 30_000;

/** The look at an upload that a confirm waits for: signature, declared type, probe in a cell. */
export async function inspectUpload(deps: WorkerDeps, claim: ClaimedInspection, slot: number): Promise<void> {
  const folder = await makeWorkFolder(deps.settings.workDir, claim.upload.id);
  try {
    const path = await bringObject(deps, claim.objectKey, join(folder.path, 'upload'));
    const found = await look(deps, claim, path, folder.path, slot);
    await retryTransient(() => acceptInspection(deps.context, claim, found), ANSWER_MS);
  } catch (error) {
    if (error instanceof JobFailure) {
      deps.logger.info({ upload: claim.upload.id, code: error.code }, 'upload refused');
      await retryTransient(() => refuseInspection(deps.context, claim, error.message), ANSWER_MS);
    } else {
      if (isStorageAway(error)) deps.storage.found();
      await retryTransient(() => returnInspection(deps.context, claim), ANSWER_MS);
      throw error;
    }
  } finally {
    await folder.remove();
  }
}

async function look(
  deps: WorkerDeps,
  claim: ClaimedInspection,
  path: string,
  folder: string,
  slot: number,
): Promise<{ contentType: string; inspection: Inspection }> {
  const { head, size } = await readHead(path);
  const detected = await detectMedia(head);
  const declared = claim.upload.declared_type;
  if (!detected || !contentTypeMatches(declared, detected.mime)) {
    const seen = detected ? `looks like ${detected.mime}` : 'is no media file that Airlock knows';
    throw new JobFailure('unsupported_media', `The file ${seen}, but ${declared} was declared.`);
  }
  if (SUBTITLE_DEMUXERS.includes(detected.demuxer)) {
    return { contentType: detected.mime, inspection: { summary: subtitleSummary(detected.demuxer, size), info: null } };
  }
  const account = await getAccount(deps.context.db, claim.upload.account_id);
  const media = await openMedia(deps, path, {
    ...{ folder, name: 'upload', slot, subject: 'The file' },
    disarm: account?.disarm ?? false,
    probeOnly: true,
  });
  const { contentType, container, info } = media;
  return { contentType, inspection: { summary: summarise(info), info, container } };
}
