import { type Agent, request } from 'node:http';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import type { Bench } from './service.ts';

/**
 * Sends `POST /v1/transcodes`. Resolves with the status of the response, after its last byte. Uses Node's own client, because `fetch` uses
 * as much CPU time as the API, on the same machine.
 */
export function postJob({ service }: Bench, agent: Agent, body: string, key = service.key): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(`${service.api}/v1/transcodes`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => resolve(response.statusCode!));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Cancels all waiting jobs, so that every round begins with an empty queue. */
export async function emptyQueue({ service }: Bench): Promise<void> {
  const database = await openAsSuperuser(service.dataDir);
  try {
    await database.query(`UPDATE jobs SET status = 'canceled', completed_at = now() WHERE status = 'pending'`);
  } finally {
    await database.end();
  }
}
