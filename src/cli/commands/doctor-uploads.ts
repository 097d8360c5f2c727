import type { Db } from '../../database/pool.ts';
import { UPLOADS } from '../../storage/keys.ts';
import type { ObjectStore } from '../../storage/types.ts';
import type { Check } from './doctor-check.ts';

/** Maximum number of origins of upload tokens that are checked. */
const MOST_ORIGINS = 10;
const REMEDY = 'Set the CORS rules of the bucket: docs/upload-from-a-web-page.md#allow-your-page-in-storage';

/** Returns the origin of the dashboard, if it is known, and up to ten origins of valid upload tokens. */
export async function uploadingOrigins(db: Db, publicUrl: string | null): Promise<string[]> {
  const rows = await db
    .selectFrom('upload_tokens')
    .select('origin')
    .distinct()
    .where('expires_at', '>', new Date())
    .where('origin', 'is not', null)
    .orderBy('origin')
    .limit(MOST_ORIGINS)
    .execute();
  const origins = [publicUrl && new URL(publicUrl).origin, ...rows.map(({ origin }) => origin)];
  return [...new Set(origins.filter((origin) => origin !== null))];
}

/**
 * Checks whether pages of these origins may upload: sends storage the preflight request that a browser sends before a PUT. The response
 * does not always list the headers that a page may read, so a missing `ETag` is reported only if storage lists headers.
 */
export async function checkUploads(
  store: Pick<ObjectStore, 'presignPut'>,
  origins: readonly string[],
  send: typeof fetch,
): Promise<string | Partial<Check>> {
  if (origins.length === 0) return 'no page to check: AIRLOCK_PUBLIC_URL is not set';
  const signed = await store.presignPut(`${UPLOADS}doctor`, { contentType: 'video/mp4', size: 1, expiresIn: 60 });
  const names = Object.keys(signed.headers).filter((name) => name !== 'content-length');
  const problems: string[] = [];
  for (const origin of origins) {
    const headers = {
      ...{ origin, 'access-control-request-method': 'PUT' },
      'access-control-request-headers': names.join(','),
    };
    const response = await send(signed.url, { method: 'OPTIONS', headers });
    const problem = problemOf(response, origin, names);
    if (problem) problems.push(`${origin} (${problem})`);
  }
  if (problems.length === 0) return `allowed for ${origins.join(', ')}`;
  return { state: 'warning', seen: `storage does not allow uploads from ${problems.join(', ')}`, remedy: REMEDY };
}

function problemOf({ ok, status, headers }: Response, origin: string, names: readonly string[]): string | null {
  if (!ok) return `responded with ${status}`;
  const allowed = headers.get('access-control-allow-origin');
  if (allowed !== '*' && allowed !== origin) return 'the origin is not allowed';
  if (!listed(headers, 'access-control-allow-methods').includes('put')) return 'PUT is not allowed';
  const sent = listed(headers, 'access-control-allow-headers');
  const missing = sent.includes('*') ? undefined : names.find((name) => !sent.includes(name.toLowerCase()));
  if (missing) return `the header ${missing} is not allowed`;
  const exposed = headers.get('access-control-expose-headers');
  return exposed !== null && !/(^|[\s,])(etag|\*)([\s,]|$)/i.test(exposed) ? 'ETag is not exposed' : null;
}

function listed(headers: Headers, name: string): string[] {
  return (headers.get(name) ?? '').split(',').map((one) => one.trim().toLowerCase());
}
