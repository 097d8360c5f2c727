import { join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { postgresSettings, settingArguments } from './postgres-settings.ts';
import { runTool } from './run-tool.ts';
import type { Account } from './types.ts';

/**
 * Executes statements as the superuser in a cluster that no server uses, without a socket and without a password, and shuts the cluster
 * down cleanly. Does not flush the cluster to the disk, which the caller must do.
 * @param statements SQL, one line each, without `;`
 * @throws SupervisorError at the first statement that fails
 */
export async function runSingleUser(
  { data, binaries, account }: { data: string; binaries: PostgresBinaries; account: Account | null },
  database: string,
  statements: readonly string[],
): Promise<void> {
  if (statements.some((text) => /[\n;]/.test(text))) throw new RangeError('a statement is one line without ;');
  // The settings of the server, so that the server's next start finds no changed settings. Errors do not repeat the statement, because it
  // contains a secret.
  const settings = { ...postgresSettings('/nonexistent'), fsync: 'off', exit_on_error: 'on' };
  const args = ['--single', '-D', data, ...settingArguments(settings), database];
  await runTool(join(binaries.binDir, 'postgres'), args, {
    account,
    stdin: statements.map((text) => `${text};\n`).join(''),
  });
}
