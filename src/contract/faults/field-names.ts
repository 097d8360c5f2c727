import { nearestName } from './near-name.ts';

/** Names that other services, older clients and users use for a field. */
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

/**
 * Returns the known name that a client probably meant: a name with a similar spelling, or the name of the same field in this API. Returns
 * null if there is none.
 */
export function suggestField(sent: string, known: readonly string[]): string | null {
  const plain = plainName(sent);
  const other = known.find((name) => aliasesOf(name).some((alias) => plainName(alias) === plain));
  return nearestName(sent, known) ?? other ?? null;
}

/** Names that clients use in any field for the URL of a file. */
const URL_NAMES = [
  'url',
  'uri',
  'href',
  'src',
  'source',
  'file',
  'input',
  'media',
  'media_url',
  'input_url',
  'file_url',
];

/** Returns other names of a field. For example, clients may send `video_url` as `video`, or under a name for any URL. */
function aliasesOf(name: string): readonly string[] {
  const aliases = OTHER_NAMES[name] ?? [];
  const kind = /^(\w+)_url$/.exec(name)?.[1];
  return kind === undefined ? aliases : [...aliases, kind, ...URL_NAMES];
}

/**
 * Returns a name that can be shown and stored: truncated, and without control characters and lone surrogates. PostgreSQL's jsonb rejects
 * NUL and lone surrogates, and truncation can leave a lone surrogate.
 */
export function shownName(name: string, length = 200): string {
  return name.slice(0, length).replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
