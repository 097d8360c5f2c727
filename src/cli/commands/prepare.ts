import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { preparedFolder } from '../../config/root.ts';
import { prepareImage } from '../../sandbox/prepare-image.ts';
import { makeTrustedFolder } from '../../supervisor/cluster-template.ts';
import { makeTemplate } from '../../supervisor/make-template.ts';
import { createLogger } from '../../telemetry/index.ts';
import { databaseTemplate } from '../database-template.ts';
import { EXIT } from '../exit.ts';
import { migrateAt } from '../roles/migrate.ts';

/**
 * Prepares the database and the root image of cells that each new data directory copies, unless they are current. If one of them cannot be
 * prepared, reports the reason and returns 1. The first start then creates the missing part, which takes seconds.
 */
export async function prepareCommand(config: Config): Promise<number> {
  await makeTrustedFolder(dirname(preparedFolder('postgres')));
  const results = await Promise.allSettled([
    prepareDatabase(),
    prepareImage(preparedFolder('rootimg'), { ffmpeg: config.ffmpeg ?? undefined }),
  ]);
  const failed = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failed) process.stderr.write(`airlock: first starts take longer: ${reason.message}\n`);
  return failed.length > 0 ? EXIT.failed : EXIT.ok;
}

async function prepareDatabase(): Promise<void> {
  const use = await databaseTemplate();
  if (!use) throw new Error('only the built program can prepare a database. Run ./airlock prepare');
  const logger = createLogger({ level: 'warn', role: 'prepare', destination: process.stderr });
  const migrate = async (url: string) => {
    await migrateAt(url, { firstKey: false });
  };
  await makeTemplate({ use, logger, migrate });
}
