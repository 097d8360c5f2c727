/**
 * Content types that a GET may answer with (what uploads may declare, and what the output formats need). Whatever else was stored or
 * asked for goes out as `application/octet-stream`, so the storage origin never serves a document that a browser would run.
 */
const SAFE_TYPE =
  /^(?:video\/[a-z0-9.+-]+|audio\/[a-z0-9.+-]+|image\/(?:jpeg|png|gif|webp|avif|heic|heif)|application\/(?:octet-stream|x-subrip|vnd\.apple\.mpegurl|dash\+xml)|text\/(?:vtt|x-ass))$/;

const CONTENT_TYPE = /^[A-Za-z0-9.+_-]+\/[A-Za-z0-9.+_-]+(?:; ?[A-Za-z0-9.+_-]+=[A-Za-z0-9.+_-]+)*$/;

/** Longest content type that is stored: it becomes part of a file name of at most 255 bytes, three for each odd byte. */
const CONTENT_TYPE_BYTES = 72;

export function safeType(contentType: string): string {
  const type = contentType.toLowerCase();
  return SAFE_TYPE.test(type) ? type : 'application/octet-stream';
}

export function isContentType(text: string): boolean {
  return text.length <= CONTENT_TYPE_BYTES && CONTENT_TYPE.test(text);
}
