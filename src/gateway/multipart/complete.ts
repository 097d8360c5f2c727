import { type FileHandle, link, open } from 'node:fs/promises';
import { MAX_PARTS } from '../../storage/s3/checks.ts';
import { childrenOf, parseXml, textOf, type XmlElement } from '../../storage/xml.ts';
import type { Context } from '../context.ts';
import { S3Error } from '../errors.ts';
import { announcedBody, receiveText } from '../receive.ts';
import type { Reservation } from '../reservations.ts';
import { sendXml } from '../respond.ts';
import { document, element } from '../xml.ts';
import { requireInternalRole, uploadOf } from './begin.ts';
import { sealJoined } from './joined-file.ts';
import { joinedPath, type PartFile, totalSize, type Upload } from './part-files.ts';
import { tooLarge } from './uploads.ts';

interface ListedPart {
  number: number;
  etag: string;
}

/** Maximum size of the body in bytes. 10,000 parts need about 90 bytes each. */
const MAX_BODY_BYTES = 1_048_576;
/** Maximum number of tags in the body. A part has three elements, each with two tags. */
const MAX_TAGS = 6 * MAX_PARTS + 10;
/** Minimum size of every part except the last, in bytes. S3: "5 MiB to 5 GiB. There is no minimum size limit on the last part". */
const MIN_PART_BYTES = 5 * 1_048_576;
const COPY_BYTES = 1_048_576;

/** POST `?uploadId`: joins the listed parts into one object, which replaces the old object atomically. */
export async function completeUpload(context: Context): Promise<void> {
  const { response, uploads, maxObjectBytes, bucket, target } = context;
  requireInternalRole(context);
  const upload = uploadOf(context);
  const listed = readPartList(await receiveText(context, announcedBody(context, MAX_BODY_BYTES, [])));
  const stored = await uploads.complete(upload, async (parts, joinedIn) => {
    const selected = selectParts(parts, listed, maxObjectBytes);
    const folder = joinedIn(selected);
    const taken = folder && (await takeJoined(context, upload, selected, folder));
    return taken || assemble(context, upload, selected);
  });
  const body = element('Bucket', bucket) + element('Key', target.key) + element('ETag', stored.etag);
  sendXml(response, 200, document('CompleteMultipartUploadResult', body));
}

function readPartList(xml: string): ListedPart[] {
  let list: XmlElement;
  try {
    list = parseXml(xml, 'CompleteMultipartUpload', MAX_TAGS);
  } catch {
    throw malformed();
  }
  const parts = childrenOf(list, 'Part');
  const hasUnknown = Object.keys(list).some((name) => name !== 'Part');
  if (hasUnknown || parts.length === 0 || parts.length > MAX_PARTS) throw malformed();
  return parts.map(readPart);
}

function readPart(part: XmlElement): ListedPart {
  if (Object.keys(part).some((name) => name !== 'PartNumber' && name !== 'ETag')) throw malformed();
  const [number, etag] = [read(part, 'PartNumber'), read(part, 'ETag')];
  if (!/^[1-9]\d{0,4}$/.test(number) || Number(number) > MAX_PARTS || etag === '') throw malformed();
  return { number: Number(number), etag: etag.startsWith('"') ? etag : `"${etag}"` };
}

function read(part: XmlElement, name: string): string {
  try {
    return textOf(part, name) ?? '';
  } catch {
    throw malformed();
  }
}

function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The body must be a CompleteMultipartUpload of 1 to 10,000 parts, each with PartNumber and ETag.',
  );
}

/** Returns the listed parts. Throws if a part is not stored, is out of order or is too small, or if the parts together are too large. */
function selectParts(stored: PartFile[], listed: ListedPart[], maxBytes: number): PartFile[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const selected = listed.map(({ number, etag }, index) => {
    if (index > 0 && number <= listed[index - 1]!.number) {
      throw new S3Error('InvalidPartOrder', 'The parts must be listed once each, in ascending order.');
    }
    const part = byNumber.get(number);
    if (part?.etag === etag) return part;
    throw new S3Error('InvalidPart', 'A part could not be found, or its entity tag does not match.', {
      PartNumber: String(number),
    });
  });
  const small = selected.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small) {
    throw new S3Error('EntityTooSmall', 'Every part except the last must have at least 5 MiB.', {
      PartNumber: String(small.number),
      ProposedSize: String(small.size),
      MinSizeAllowed: String(MIN_PART_BYTES),
    });
  }
  if (totalSize(selected) > maxBytes) throw tooLarge(maxBytes);
  return selected;
}

/**
 * Publishes the file that contains all parts as the object, without copying bytes. Returns null if the file system does not support links.
 * A link, unlike a move, keeps the parts until the object exists.
 */
async function takeJoined({ disk, reservations }: Context, upload: Upload, parts: PartFile[], folder: string) {
  // Checks that the disk reserve is not in use.
  const reservation = await reservations.reserve(0);
  try {
    return await disk.adopt(upload.key, upload.contentType, async (target) => {
      await sealJoined(folder, totalSize(parts));
      await link(joinedPath(folder), target);
    });
  } catch (error) {
    if (['EMLINK', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  } finally {
    reservation.release();
  }
}

/**
 * Copies the parts into an object. Keeps the parts until the object exists, so that a failed attempt can be repeated. Needs disk space for
 * the parts and the object.
 */
async function assemble({ disk, reservations }: Context, upload: Upload, parts: PartFile[]) {
  const reservation = await reservations.reserve(totalSize(parts));
  try {
    const temp = await disk.createTemp();
    try {
      await append(temp.handle, parts, reservation);
    } catch (error) {
      await temp.discard();
      throw error;
    }
    return await temp.commit(upload.key, upload.contentType);
  } finally {
    reservation.release();
  }
}

async function append(target: FileHandle, parts: PartFile[], reservation: Reservation): Promise<void> {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  let written = 0;
  for (const part of parts) {
    const source = await open(part.path, 'r');
    try {
      for (let left = part.size; left > 0; ) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(left, COPY_BYTES), part.start + part.size - left);
        if (bytesRead === 0) throw new Error('a part in the storage folder was truncated');
        await writeAll(target, buffer.subarray(0, bytesRead));
        left -= bytesRead;
        written += bytesRead;
        reservation.written(written);
      }
    } finally {
      await source.close();
    }
  }
}

/** On a nearly full disk, the first write may accept only some of the bytes. The next write then reports the error. */
async function writeAll(target: FileHandle, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const { bytesWritten } = await target.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}
