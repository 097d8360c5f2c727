import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import { LOST_SECONDS } from '../fleet/workers.ts';

/** Prefix of the name of a model in the capabilities of workers and in the requirements of jobs. */
const PREFIX = 'transcription:';

/** Returns the capability for transcription that most living workers have. Returns null if no living worker has such a capability. */
export async function offeredTranscription(db: Db): Promise<string | null> {
  const { rows } = await sql<{ capability: string }>`
    SELECT capability FROM workers, unnest(capabilities) AS capability
    WHERE heartbeat_at > ${secondsAgo(sql.lit(LOST_SECONDS))} AND starts_with(capability, ${PREFIX})
    GROUP BY capability ORDER BY count(*) DESC, capability LIMIT 1`.execute(db);
  return rows[0]?.capability ?? null;
}
