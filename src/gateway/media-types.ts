/**
 * Content types of GET responses: the types that uploads may declare, and the types of the output formats. Any other type,
 * stored or requested, is sent as `application/octet-stream`, so that no browser executes anything from the storage
 * origin.
 */
const SAFE_TYPE =
  /^(?:video\/[a-z0-9.+-]+|audio\/[a-z0-9.+-]+|image\/(?:jpeg|png|gif|webp|avif|heic|heif)|application\/(?:octet-stream|x-subrip|vnd\.apple\.mpegurl|dash\+xml)|text\/(?:vtt|x-ass|x-ssa))$/;

const CONTENT_TYPE = /^[A-Za-z0-9.+_-]+\/[A-Za-z0-9.+_-]+(?:; ?[A-Za-z0-9.+_-]+=[A-Za-z0-9.+_-]+)*$/;

/**
 * Maximum length of a content type. The content type is part of a file name of at most 255 bytes, in which an escaped character takes three
 * bytes.
 */
const CONTENT_TYPE_BYTES = 72;

export function safeType(contentType: string): string {
  const type = contentType.toLowerCase();
  return SAFE_TYPE.test(type) ? type : 'application/octet-stream';
}

export function isContentType(text: string): boolean {
  return text.length <= CONTENT_TYPE_BYTES && CONTENT_TYPE.test(text);
}
