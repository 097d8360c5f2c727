import { type Airlock, AirlockError, type Job } from '../../sdk/src/index.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { UsageError } from './exit.ts';

/** Minimum number of characters of a shortened ID. */
const LEAST_CHARACTERS = 4;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Runs `work` with the ID of the job that `given` names. `given` is an ID, or the beginning or end of the ID of one of the latest 100 jobs.
 */
export async function withJob<T>(airlock: Airlock, given: string, work: (id: string) => Promise<T>): Promise<T> {
  if (!UUID.test(given)) return work(await findJob(airlock, given));
  try {
    return await work(given);
  } catch (error) {
    if (!(error instanceof AirlockError) || error.code !== 'not_found') throw error;
    const near = nearestName(given, await latestIds(airlock));
    throw new UsageError(`No job has the ID ${given}. ${hint(near)}`);
  }
}

async function findJob(airlock: Airlock, given: string): Promise<string> {
  const text = given.toLowerCase();
  const ids = await latestIds(airlock);
  const matches = ids.filter((id) => id.startsWith(text) || id.endsWith(text));
  if (matches.length === 1 && text.length >= LEAST_CHARACTERS) return matches[0]!;
  if (matches.length > 1)
    throw new UsageError(`"${given}" matches ${matches.length} jobs. Give more characters of the ID.`);
  throw new UsageError(`No recent job has the ID "${given}". ${hint(nearestName(text, ids))}`);
}

async function latestIds(airlock: Airlock): Promise<Job['id'][]> {
  const { items } = await airlock.call('get', '/v1/transcodes', { query: { limit: 100 } });
  return items.map(({ id }) => id);
}

function hint(near: string | null | undefined): string {
  return near ? `Did you mean ${near}?` : './airlock jobs list shows the latest.';
}
