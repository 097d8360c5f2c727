import type { Config } from '../../config/config.ts';
import { preparedFolder } from '../../config/root.ts';
import { findTrustedImage } from '../../sandbox/image/prepared-image.ts';
import { findPrograms } from '../../sandbox/programs/find-programs.ts';
import { PROGRAMS } from '../../sandbox/programs/table.ts';
import { openTemplate } from '../../supervisor/cluster-template.ts';
import { databaseTemplate } from '../database-template.ts';

/** Describes the parts of a new data directory that are copied from this installation, and the parts that must be created. */
export async function describePrepared(config: Config): Promise<string> {
  const missing: string[] = [];
  if (!config.databaseUrl && !(await hasDatabase())) missing.push('the database');
  const programs = findPrograms(PROGRAMS, { ffmpeg: config.ffmpeg ?? undefined });
  if (!findTrustedImage(preparedFolder('rootimg'), programs)) missing.push('the root image of cells');
  if (missing.length === 0) return 'new data directories copy the prepared database and root image';
  return `new data directories create ${missing.join(' and ')}, which takes seconds. To avoid this, run ./airlock prepare`;
}

async function hasDatabase(): Promise<boolean> {
  const use = await databaseTemplate();
  const template = use && (await openTemplate(use));
  await template?.close();
  return Boolean(template);
}
