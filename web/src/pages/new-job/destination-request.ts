/** The destination in the form, possibly incomplete. */
export interface DraftDestination {
  kind: 'none' | 'connection' | 'url';
  /** Name of a connection of the account. */
  connection: string;
  /** Folder in the bucket of the connection; empty for the root. */
  prefix: string;
  /** A presigned URL. */
  url: string;
}

export function newDestination(): DraftDestination {
  return { kind: 'none', connection: '', prefix: '', url: '' };
}

/** Returns the fields of the request. Returns none if the connection or the URL is missing. */
export function destinationFields({ kind, connection, prefix, url }: DraftDestination): Record<string, unknown> {
  if (kind === 'connection' && connection.trim() !== '') {
    const folder = prefix.trim();
    return { destination: { s3: { connection: connection.trim(), ...(folder !== '' && { prefix: folder }) } } };
  }
  if (kind === 'url' && url.trim() !== '') return { destination: { url: url.trim() } };
  return {};
}

/** Returns the fault of an incomplete destination; null if the destination is complete. */
export function destinationFault({ kind, connection, url }: DraftDestination): string | null {
  if (kind === 'connection' && connection.trim() === '') return 'Choose a connection.';
  if (kind === 'url' && url.trim() === '') return 'Paste a presigned URL.';
  return null;
}
