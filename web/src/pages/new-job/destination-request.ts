/** The destination in the form, possibly incomplete. */
export interface DraftDestination {
  kind: 'none' | 'connection' | 'url';
  /** Name of a connection of the account. */
  connection: string;
  /** Folder in its bucket; empty for the root. */
  prefix: string;
  /** A presigned URL. */
  url: string;
}

export function newDestination(): DraftDestination {
  return { kind: 'none', connection: '', prefix: '', url: '' };
}

/** The fields of a request. A choice without a connection or a URL is no destination yet. */
export function destinationFields({ kind, connection, prefix, url }: DraftDestination): Record<string, unknown> {
  if (kind === 'connection' && connection.trim() !== '') {
    const folder = prefix.trim();
    return { destination: { s3: { connection: connection.trim(), ...(folder !== '' && { prefix: folder }) } } };
  }
  if (kind === 'url' && url.trim() !== '') return { destination: { url: url.trim() } };
  return {};
}

/** The fault of an incomplete destination; null if it is complete. */
export function destinationFault({ kind, connection, url }: DraftDestination): string | null {
  if (kind === 'connection' && connection.trim() === '') return 'Choose a connection.';
  if (kind === 'url' && url.trim() === '') return 'Paste a presigned URL.';
  return null;
}
