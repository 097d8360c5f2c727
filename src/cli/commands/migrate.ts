import type { Config } from '../../config/config.ts';
import { reportReady } from '../../supervisor/child.ts';
import { withDatabase } from '../local-database.ts';
import { type MigrationResult, runMigrate } from '../roles/migrate.ts';

/**
 * Migrates the database. With `--report`, the supervisor runs this command: the database is then already running, and the command waits
 * until the supervisor stops it.
 */
export async function migrateCommand(
  config: Config,
  options: { report?: boolean; firstKey?: boolean | string; roles?: boolean },
): Promise<void> {
  const wanted = { firstKey: options.firstKey ?? false, roles: options.roles ?? false };
  const result: MigrationResult = options.report
    ? await runMigrate(config, { ...wanted, onlyIfNeeded: true })
    : await withDatabase(config, (prepared) => runMigrate(prepared, wanted));
  if (options.report) {
    // The supervisor stops this process after it has read the report. Until then, the process must stay alive.
    process.on('disconnect', () => process.exit(0));
    process.stdout.write(`${JSON.stringify(result)}\n`, () => reportReady());
    return;
  }
  process.stderr.write(
    result.applied.length > 0 ? `Applied ${result.applied.join(', ')}.\n` : 'The database is up to date.\n',
  );
  if (result.firstKey)
    process.stdout.write(`${'file' in result.firstKey ? result.firstKey.file : result.firstKey.text}\n`);
  if (options.roles) process.stderr.write(`Granted rights to ${result.roles.join(' and ')}.\n`);
}
