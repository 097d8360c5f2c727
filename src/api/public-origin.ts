import type { FastifyRequest } from 'fastify';
import type { ApiSettings } from './deps.ts';

/** The origin under which clients know this server: that of AIRLOCK_PUBLIC_URL, or else the one that they asked. */
export function publicOrigin({ publicUrl }: Pick<ApiSettings, 'publicUrl'>, request: FastifyRequest): string {
  return publicUrl ? publicUrl.replace(/\/+$/, '') : `${request.protocol}://${request.host}`;
}
