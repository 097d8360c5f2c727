import { UPLOAD_CONTENT_TYPES } from '../../../src/contract/formats.ts';

/** By the ending of a name, for files of which the browser does not know the type. */
const BY_ENDING: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  ts: 'video/mp2t',
  flv: 'video/x-flv',
  '3gp': 'video/3gpp',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  opus: 'audio/opus',
  flac: 'audio/flac',
  heic: 'image/heic',
  avif: 'image/avif',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
  ass: 'text/x-ass',
};

/** The type to declare for a file. One that is not accepted is declared as it is: the API says what it accepts. */
export function contentTypeOf({ name, type }: { name: string; type: string }): string {
  if ((UPLOAD_CONTENT_TYPES as readonly string[]).includes(type)) return type;
  const ending = name.split('.').at(-1)?.toLowerCase() ?? '';
  return BY_ENDING[ending] ?? (type || 'application/octet-stream');
}
