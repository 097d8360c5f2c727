import type { FastifyRequest } from 'fastify';
import type { ApiSettings } from './deps.ts';

/** Returns the origin under which clients know this server: AIRLOCK_PUBLIC_URL if it is set, otherwise the origin of the request. */
export function publicOrigin({ publicUrl }: Pick<ApiSettings, 'publicUrl'>, request: FastifyRequest): string {
  return publicUrl ? publicUrl.replace(/\/+$/, '') : `${request.protocol}://${request.host}`;
}
