import type { ByteStream, Input } from './types.ts';

/** Name of an upload whose input has no name. */
const UNNAMED = 'file';

/** Bytes to upload, with their name and content type. */
export interface Source {
  blob: Blob;
  name: string;
  contentType: string;
  /** Deletes the temporary file. Absent if the upload has none. */
  close?: (() => Promise<void>) | undefined;
}

export interface SourceOptions {
  /** Name of the upload for people. Defaults to the name of the file. */
  filename?: string | undefined;
  /** Content type of the file. By default, the type is derived from the name. */
  contentType?: string | undefined;
}

/** The content type of each extension that the name of an upload may have. */
export const TYPES: Readonly<Record<string, string>> = {
  ...{ mp4: 'video/mp4', m4v: 'video/mp4', webm: 'video/webm', mov: 'video/quicktime', avi: 'video/x-msvideo' },
  ...{ mkv: 'video/x-matroska', mpg: 'video/mpeg', mpeg: 'video/mpeg', ts: 'video/mp2t', mts: 'video/mp2t' },
  ...{ m2ts: 'video/mp2t', flv: 'video/x-flv', '3gp': 'video/3gpp', '3g2': 'video/3gpp2', ogv: 'video/ogg' },
  ...{ qt: 'video/quicktime', vob: 'video/mpeg', mp3: 'audio/mpeg', m4a: 'audio/mp4', m4b: 'audio/mp4' },
  ...{ aac: 'audio/aac', wav: 'audio/wav', ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/opus' },
  ...{ flac: 'audio/flac', weba: 'audio/webm', jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png' },
  ...{ gif: 'image/gif', webp: 'image/webp', avif: 'image/avif', heic: 'image/heic', heif: 'image/heif' },
  ...{ srt: 'application/x-subrip', vtt: 'text/vtt', ass: 'text/x-ass', ssa: 'text/x-ssa' },
};

/** Returns the URL from which the server fetches the input itself; null if the bytes of the input must be uploaded. */
export function remoteUrl(input: Input): string | null {
  if (typeof input !== 'string' && !(input instanceof URL)) return null;
  const text = String(input);
  return /^(https?|gs):\/\//i.test(text) ? text : null;
}

/** Opens a file for its upload. Throws `TypeError` if the type of the file is unknown, or if the file is empty. */
export async function openSource(input: Input, options: SourceOptions = {}): Promise<Source> {
  const { blob, name: ownName, close } = await open(input);
  try {
    const name = options.filename ?? ownName;
    const contentType = options.contentType ?? typeOf(name) ?? (blob.type || null);
    if (!contentType) {
      throw new TypeError(`The type of "${name}" is unknown. Pass filename, or contentType, such as "video/mp4".`);
    }
    if (blob.size === 0) throw new TypeError(`"${name}" is empty.`);
    return { blob, name, contentType, close };
  } catch (error) {
    await close?.();
    throw error;
  }
}

type Opened = Pick<Source, 'blob' | 'name' | 'close'>;

async function open(input: Input): Promise<Opened> {
  if (input instanceof Blob) return ofBlob(input);
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) {
    return { blob: new Blob([input as Uint8Array<ArrayBuffer>]), name: UNNAMED };
  }
  if (typeof input === 'string' || input instanceof URL) return ofPath(input);
  if (input !== null && typeof input === 'object' && (Symbol.asyncIterator in input || 'getReader' in input)) {
    return ofStream(input);
  }
  throw new TypeError('The input must be a path, a URL, a Blob or File, bytes, or a stream of bytes.');
}

/**
 * Opens a stream. Node writes the stream to a temporary file, so that a large stream does not fill the memory. Browsers store the bytes of
 * a stream themselves.
 */
async function ofStream(stream: ByteStream): Promise<Opened> {
  const { path } = stream as { path?: unknown };
  const name = typeof path === 'string' ? path.split(/[\\/]/).at(-1)! : UNNAMED;
  if (isNode()) return { ...(await (await nodeFiles()).spool(chunksOf(stream))), name };
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of chunksOf(stream)) chunks.push(chunk as Uint8Array<ArrayBuffer>);
  return { blob: new Blob(chunks), name };
}

/** Returns the chunks of a stream. Uses a reader, because some browsers cannot iterate over a `ReadableStream`. */
async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  if (!('getReader' in stream)) return yield* stream as AsyncIterable<Uint8Array>;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function ofBlob(blob: Blob & { name?: string }): Opened {
  return { blob, name: blob.name || UNNAMED };
}

async function ofPath(path: string | URL): Promise<Opened> {
  if (!isNode()) throw new TypeError('A browser cannot open a path. Pass a File or a Blob.');
  return (await nodeFiles()).openFile(path);
}

const isNode = () => 'process' in globalThis;
const nodeFiles = () => import('./node-files.ts');

function typeOf(name: string): string | null {
  const extension = name.split('.').at(-1)!.toLowerCase();
  return Object.hasOwn(TYPES, extension) ? TYPES[extension]! : null;
}
