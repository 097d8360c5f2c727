import type { PresignedRequest } from '../storage/types.ts';

/** Returns the headers that a client must send in addition to type and length, as a member of a response. Most storages need none. */
export function furtherHeaders({ headers }: PresignedRequest): { headers?: Record<string, string> } {
  const { 'content-type': _, 'content-length': __, ...further } = headers;
  return Object.keys(further).length > 0 ? { headers: further } : {};
}
