import { contentTypeOfName, UPLOAD_CONTENT_TYPES } from '../../../src/contract/formats.ts';

/**
 * Returns the content type to declare for a file. A type that is not accepted is returned unchanged, because the error of the API lists the
 * accepted types.
 */
export function contentTypeOf({ name, type }: { name: string; type: string }): string {
  if ((UPLOAD_CONTENT_TYPES as readonly string[]).includes(type)) return type;
  return contentTypeOfName(name) ?? (type || 'application/octet-stream');
}
