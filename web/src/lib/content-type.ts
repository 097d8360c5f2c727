import { contentTypeOfName, UPLOAD_CONTENT_TYPES } from '../../../src/contract/formats.ts';

/** The type to declare for a file. One that is not accepted is declared as it is: the API says what it accepts. */
export function contentTypeOf({ name, type }: { name: string; type: string }): string {
  if ((UPLOAD_CONTENT_TYPES as readonly string[]).includes(type)) return type;
  return contentTypeOfName(name) ?? (type || 'application/octet-stream');
}
