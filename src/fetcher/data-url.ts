import type { FileHandle } from 'node:fs/promises';
import { FetchError } from './errors.ts';

/** A small picture inside its URL (RFC 2397). The maximum length of a URL limits the picture to 6 KB. */
const PICTURE =
  /^data:image\/(?:png|jpeg|gif|webp);base64,((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

export const isDataUrl = (text: string): boolean => /^data:/i.test(text);

/** Returns the bytes of a `data:` URL that contains a picture. Null for any other URL, and for an empty picture. */
export function readDataUrl(text: string): Buffer | null {
  const encoded = PICTURE.exec(text)?.[1];
  return encoded ? Buffer.from(encoded, 'base64') : null;
}

export interface DataTarget {
  maxBytes: number;
  onResponse?: (declared: { length: number }) => void;
  onBytes?: (bytes: number) => unknown;
}

/** Writes the bytes into a new file, and calls the callbacks of a download. Throws `FetchError`. */
export async function writeData(bytes: Buffer, file: FileHandle, target: DataTarget): Promise<number> {
  target.onResponse?.({ length: bytes.length });
  if (bytes.length > target.maxBytes) {
    throw new FetchError('source_too_large', `The source is larger than the limit of ${target.maxBytes} bytes.`);
  }
  await file.writeFile(bytes);
  await target.onBytes?.(bytes.length);
  return bytes.length;
}
