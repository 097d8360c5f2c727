import type { Input } from './types.ts';

/** Bytes to upload. */
export interface Source {
  blob: Blob;
  name: string;
  contentType: string;
}

export interface SourceOptions {
  /** For people; the name of the file if absent. */
  filename?: string | undefined;
  /** The type of the file; guessed from its name if absent. */
  contentType?: string | undefined;
}

/** The content type of each extension that an upload may have. */
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

/** The URL from which the server fetches the input itself; null if its bytes must be uploaded. */
export function remoteUrl(input: Input): string | null {
  if (input instanceof Blob) return null;
  const text = String(input);
  return /^(https?|gs):\/\//i.test(text) ? text : null;
}

/** Opens a file for its upload. Throws `TypeError` if its type is unknown or it is empty. */
export async function openSource(input: Input, options: SourceOptions = {}): Promise<Source> {
  const { blob, name: ownName } = input instanceof Blob ? ofBlob(input) : await ofPath(input);
  const name = options.filename ?? ownName;
  const contentType = options.contentType ?? typeOf(name) ?? (blob.type || null);
  if (!contentType) throw new TypeError(`The type of "${name}" is unknown. Pass contentType, such as "video/mp4".`);
  if (blob.size === 0) throw new TypeError(`"${name}" is empty.`);
  return { blob, name, contentType };
}

function ofBlob(blob: Blob & { name?: string }): { blob: Blob; name: string } {
  return { blob, name: blob.name || 'file' };
}

async function ofPath(path: string | URL): Promise<{ blob: Blob; name: string }> {
  if (!('process' in globalThis)) throw new TypeError('A browser cannot open a path. Pass a File or a Blob.');
  return (await import('./node-files.ts')).openFile(path);
}

function typeOf(name: string): string | null {
  const extension = name.split('.').at(-1)!.toLowerCase();
  return Object.hasOwn(TYPES, extension) ? TYPES[extension]! : null;
}
