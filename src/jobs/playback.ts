import { timingSafeEqual } from 'node:crypto';
import { basename } from 'node:path';
import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import type { Vault } from '../crypto/vault.ts';
import { databaseNow } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { StoredObject } from '../objects/objects.ts';
import { readTree } from '../objects/tree.ts';
import { readTreeText } from '../objects/tree-text.ts';
import { treeFileKey } from '../storage/keys.ts';
import { openOutput } from './downloads.ts';
import type { JobsContext } from './kind.ts';
import type { Job } from './rows.ts';

/** The names of the manifests of a ladder. A player requests a manifest first. */
export const MANIFESTS = { hls: 'master.m3u8', dash: 'manifest.mpd' } as const;

/** Path of the key of an encrypted output. The database contains the key, so that Airlock erases it together with the texts of the job. */
const KEY_FILE = 'key.bin';
/** Files that the API sends instead of redirecting, because they contain URLs relative to the API. */
const PLAYLIST = /\.(?:m3u8|mpd|vtt)$/;
/** Prefix of the paths of the sprite of the same job. No ladder has a directory of this name. */
const THUMBNAILS = 'thumbnails/';
/** The WebVTT file of the sprite. Its cues refer to areas of the sheets. */
export const THUMBNAILS_TRACK = `${THUMBNAILS}sprite.vtt`;

/** The role of outputs that players can play. */
const LADDER = 'ladder';
/** The role of outputs with scrub previews. */
const SPRITE = 'sprite';

/**
 * Number of bytes of each part of a token: the id of the output, the expiry of the token in Unix seconds, and the first half of an
 * HMAC-SHA256 of both.
 */
const ID_BYTES = 16;
const END_BYTES = 4;
const MAC_BYTES = 16;
const TOKEN_BYTES = ID_BYTES + END_BYTES + MAC_BYTES;
/** Pattern for a token: base64url without padding. */
const TOKEN = new RegExp(`^[\\w-]{${Math.ceil((TOKEN_BYTES * 4) / 3)}}$`);

/** The output that a token plays, and the expiry of the token. */
export interface PlaybackGrant {
  /** Id of the row of the output. */
  outputId: string;
  expiresAt: Date;
}

/**
 * Returns a token that plays one output until `expiresAt`, rounded down to a second. The database has no row for the token: the vault
 * verifies the token. The token is valid until it expires or Airlock deletes the output.
 */
export function makePlaybackToken(vault: Pick<Vault, 'fingerprint'>, { outputId, expiresAt }: PlaybackGrant): string {
  const claims = Buffer.alloc(ID_BYTES + END_BYTES);
  claims.write(outputId.replaceAll('-', ''), 'hex');
  claims.writeUInt32BE(Math.floor(expiresAt.getTime() / 1000), ID_BYTES);
  return Buffer.concat([claims, macOf(vault, claims)]).toString('base64url');
}

/** Returns the output and the expiry of a token, which may have passed. Returns null if this server did not make the token. */
export function readPlaybackToken(vault: Pick<Vault, 'fingerprint'>, token: string): PlaybackGrant | null {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const claims = bytes.subarray(0, ID_BYTES + END_BYTES);
  if (!timingSafeEqual(bytes.subarray(ID_BYTES + END_BYTES), macOf(vault, claims))) return null;
  const expiresAt = new Date(claims.readUInt32BE(ID_BYTES) * 1000);
  const id = claims.toString('hex', 0, ID_BYTES);
  return { outputId: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), expiresAt };
}

function macOf(vault: Pick<Vault, 'fingerprint'>, claims: Buffer): Buffer {
  return vault.fingerprint(JSON.stringify(['playback', claims.toString('base64url')])).subarray(0, MAC_BYTES);
}

/** A new token, and the manifests that it plays. */
export interface Playback {
  token: string;
  expiresAt: Date;
  hasHls: boolean;
  hasDash: boolean;
  /** Whether the job also has a sprite. */
  hasThumbnails: boolean;
}

/**
 * Creates a token that plays a ladder of a job for a number of seconds, at most until retention deletes the ladder. Throws the errors of
 * `openOutput`, `invalid_request` for an output that is not a ladder, and `output_damaged`.
 */
export async function createPlayback(
  context: JobsContext,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  { output, seconds }: { output?: string | undefined; seconds: number },
): Promise<Playback> {
  const { id, object, openedAt, expiresAt: deletedAt } = await openOutput(context, job, output, LADDER);
  const files = object.files === null ? [] : await readTree(context.store, object);
  if (!files) throw new ApiError('output_damaged');
  const has = (name: string) => files.some(({ path }) => path === name);
  const [hasHls, hasDash] = [has(MANIFESTS.hls), has(MANIFESTS.dash)];
  if (!hasHls && !hasDash) throw notPlayable();
  const requested = openedAt.getTime() + seconds * 1000;
  const expiresAt = new Date(Math.min(requested, deletedAt?.getTime() ?? requested));
  expiresAt.setMilliseconds(0);
  const token = makePlaybackToken(context.vault, { outputId: id, expiresAt });
  const hasThumbnails = (await findSprite(context, job.id)) !== undefined;
  return { token, expiresAt, hasHls, hasDash, hasThumbnails };
}

function notPlayable(): ApiError {
  return new ApiError('invalid_request', {
    field: 'output',
    reason: 'is not a ladder',
    remedy: 'Send the name of an output with the format hls, dash or cmaf, or get a link to this output from /download',
  });
}

/** A file for a player: the bytes of a playlist or key, or a signed link to any other file. */
export type PlayedFile = { contentType: string } & ({ bytes: Buffer } | { url: string });

type PlaybackContext = Pick<Context, 'db' | 'vault' | 'store'>;

/**
 * Returns a file of the output of a token, or of the sprite of the same job. Links expire after ten minutes, or with the token
 * if it expires earlier. Throws `playback_ended` if the token has expired or the output is deleted, `not_found` if the output
 * has no such file, and `output_damaged` if its list of files or a playlist was changed in storage.
 */
export async function openPlayedFile(context: PlaybackContext, token: string, path: string): Promise<PlayedFile> {
  const grant = readPlaybackToken(context.vault, token);
  const found = grant && (await findPlayed(context, grant));
  if (!found) throw new ApiError('playback_ended');
  if (path.startsWith(THUMBNAILS)) {
    const sprite = await findSprite(context, found.job_id);
    if (!sprite) throw new ApiError('not_found');
    return openFile(context, { ...sprite, secondsLeft: found.seconds_left }, path.slice(THUMBNAILS.length));
  }
  const key = path === KEY_FILE ? openColumn(context.vault, 'job_outputs', 'key_sealed', found) : null;
  if (key !== null) return { contentType: 'application/octet-stream', bytes: Buffer.from(key, 'hex') };
  return openFile(context, { ...found, secondsLeft: found.seconds_left }, path);
}

/** A stored tree, and the seconds until the token that opens it expires. */
type OpenedTree = Pick<StoredObject, 'key' | 'sha256'> & { secondsLeft: number };

async function openFile(
  { store }: Pick<Context, 'store'>,
  { secondsLeft, ...tree }: OpenedTree,
  path: string,
): Promise<PlayedFile> {
  const files = await readTree(store, tree);
  if (!files) throw new ApiError('output_damaged');
  const file = files.find((one) => one.path === path);
  if (!file) throw new ApiError('not_found');
  const contentType = file.content_type;
  if (PLAYLIST.test(path)) {
    const bytes = await readTreeText(store, tree.key, file);
    if (!bytes) throw new ApiError('output_damaged');
    return { contentType, bytes };
  }
  const expiresIn = Math.min(DOWNLOAD_SECONDS, Math.ceil(secondsLeft));
  const url = await store.presignGet(treeFileKey(tree.key, path), { filename: basename(path), contentType, expiresIn });
  return { contentType, url };
}

/** Returns the output of a token that has not expired. */
async function findPlayed({ db }: Pick<Context, 'db'>, { outputId, expiresAt }: PlaybackGrant) {
  const secondsLeft = sql<number>`extract(epoch FROM ${expiresAt}::timestamptz - now())::float8`;
  return db
    .selectFrom('job_outputs')
    .innerJoin('objects', 'objects.id', 'job_outputs.object_id')
    .innerJoin('jobs', 'jobs.id', 'job_outputs.job_id')
    .innerJoin('accounts', 'accounts.id', 'jobs.account_id')
    .select(['objects.key', 'objects.sha256'])
    .select(['job_outputs.id', 'job_outputs.job_id', 'job_outputs.account_id', 'job_outputs.key_sealed'])
    .select(secondsLeft.as('seconds_left'))
    .where('job_outputs.id', '=', outputId)
    .where(secondsLeft, '>', 0)
    .where('job_outputs.role', '=', LADDER)
    .where('job_outputs.status', '=', 'completed')
    .where('objects.state', '=', 'live')
    .where('objects.files', 'is not', null)
    .where('jobs.erased_at', 'is', null)
    .where('accounts.disabled_at', 'is', null)
    .where((row) => row.or([row('jobs.expires_at', 'is', null), row('jobs.expires_at', '>', databaseNow)]))
    .executeTakeFirst();
}

/** Returns the first sprite of a job. The caller checks the job and the account. */
async function findSprite({ db }: Pick<Context, 'db'>, jobId: string) {
  return db
    .selectFrom('job_outputs')
    .innerJoin('objects', 'objects.id', 'job_outputs.object_id')
    .select(['objects.key', 'objects.sha256'])
    .where('job_outputs.job_id', '=', jobId)
    .where('job_outputs.role', '=', SPRITE)
    .where('job_outputs.status', '=', 'completed')
    .where('objects.state', '=', 'live')
    .where('objects.files', 'is not', null)
    .orderBy('job_outputs.position')
    .limit(1)
    .executeTakeFirst();
}
