import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isBodyAnnounced } from '../listener/request-body.ts';
import { isReal } from '../storage/embedded/disk-layout.ts';
import { FILE_MARK, HANDED_OVER, markOf, parseHandedOver } from '../storage/embedded/hand-over.ts';
import type { Context } from './context.ts';
import { S3Error } from './errors.ts';
import { flush } from './folders.ts';
import { checkedType } from './receive.ts';
import { parameter } from './target.ts';

/**
 * PUT of a file that a worker has written on the same file system. The file is moved without copying bytes (docs/decisions/0055). The file
 * must belong only to the account of this process. Otherwise the response is 400, and the worker sends the bytes.
 */
export async function handOver(context: Context): Promise<void> {
  const { request, response, target, identity, disk, reservations, handOverRoot, maxObjectBytes } = context;
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL cannot be used to hand over a file.');
  if (isBodyAnnounced(request.headers)) throw new S3Error('InvalidRequest', 'A file is handed over without a body.');
  if (!handOverRoot) throw new S3Error('NotImplemented', 'This gateway does not accept files of workers.');
  const parts = parseHandedOver(parameter(target, HANDED_OVER) ?? '');
  if (!parts) throw new S3Error('InvalidArgument', `${HANDED_OVER} is not a path of a worker.`);
  const contentType = checkedType(context);
  // The bytes are already on the disk. This reservation only checks that the disk reserve is not in use.
  const reservation = await reservations.reserve(0);
  try {
    const path = join(realFolder(handOverRoot), ...parts);
    const mark = parameter(target, FILE_MARK) ?? '';
    const stored = await disk.adopt(target.key, contentType, async (to) => {
      await sealFile(path, { mark, maxBytes: maxObjectBytes });
      await moveFile(path, to, mark);
    });
    response.writeHead(200, { etag: stored.etag, 'content-length': 0 }).end();
  } finally {
    reservation.release();
  }
}

/** Makes the file read-only and durable. Throws `S3Error` if another process could open or change it. */
async function sealFile(path: string, { mark, maxBytes }: { mark: string; maxBytes: number }): Promise<void> {
  if (!isReal(dirname(path))) throw missing();
  const file = openFile(path);
  try {
    const stats = fstatSync(file, { bigint: true });
    const isOwn = stats.uid === BigInt(process.geteuid!()) && stats.nlink === 1n;
    if (!stats.isFile() || !isOwn || markOf(stats) !== mark || stats.size > maxBytes) throw unfit();
    fchmodSync(file, 0o444);
    await flush(file);
  } finally {
    closeSync(file);
  }
}

function realFolder(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    throw missing();
  }
}

function openFile(path: string): number {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? missing() : unfit();
  }
}

/** Moves the file. Throws if the file at `from` is no longer the file that was sealed. */
async function moveFile(from: string, to: string, mark: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw missing();
    // The target is on another file system, or this account may not write to the folder.
    throw ['EXDEV', 'EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '') ? unfit() : error;
  });
  const moved = lstatSync(to, { bigint: true });
  if (moved.isFile() && moved.nlink === 1n && markOf(moved) === mark) return;
  await rm(to, { force: true });
  throw unfit();
}

function missing(): S3Error {
  return new S3Error('NoSuchKey', 'The file that was handed over does not exist.');
}

function unfit(): S3Error {
  return new S3Error('InvalidRequest', 'The file cannot be handed over. Send its bytes.');
}
