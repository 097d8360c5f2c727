import type { FastifyRequest } from 'fastify';
import type { ApiSettings } from './deps.ts';

/** The origin under which clients know this server: the origin of AIRLOCK_PUBLIC_URL, or else of the request. */
export function publicOrigin({ publicUrl }: Pick<ApiSettings, 'publicUrl'>, request: FastifyRequest): string {
  return publicUrl ? publicUrl.replace(/\/+$/, '') : `${request.protocol}://${request.host}`;
}
