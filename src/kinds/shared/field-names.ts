import { nearestName } from '../../media/index.ts';

/** Names under which other services, older clients and common habit know a field. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  inputs: ['source', 'sources', 'files', 'media', 'input_url', 'input_urls'],
  url: ['uri', 'href', 'src', 'source', 'file', 'input', 'fileUrl', 'gcsUrl', 'media_url', 'input_url'],
  outputFormat: ['format', 'output', 'container', 'extension', 'to'],
  option: ['name', 'flag', 'key'],
  argument: ['value', 'arg', 'args', 'val', 'parameter', 'param'],
  filter: ['value', 'graph', 'expression', 'filter_complex'],
  filename: ['name', 'file', 'key', 'originalname'],
  contentType: ['type', 'mime', 'mimeType', 'fileType', 'mediaType'],
  fileSize: ['size', 'length', 'bytes', 'contentLength', 'sizeBytes'],
  ffmpeg_command: ['command', 'cmd', 'ffmpeg'],
  limit: ['per_page', 'page_size', 'count'],
  since: ['from', 'after', 'start'],
  until: ['to', 'before', 'end'],
};

/** The known name that was probably meant by another: spelled alike, or known by that name elsewhere; null when none is. */
export function nearField(sent: string, known: readonly string[]): string | null {
  const plain = plainName(sent);
  const other = known.find((name) => OTHER_NAMES[name]?.some((alias) => plainName(alias) === plain));
  return nearestName(sent, known) ?? other ?? null;
}

/** PostgreSQL's jsonb takes neither NUL nor halves of surrogate pairs, and cutting can make such a half. */
export function shownName(name: string, length = 200): string {
  return name.slice(0, length).replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
