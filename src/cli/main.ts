import { findDirectCommand } from './direct-commands.ts';
import { reportFailure } from './failure.ts';

// Node.js 21 and later define `navigator`. Without it, `pg` detects Cloudflare by creating a `Response`, for which Node.js 20 loads all of
// fetch: 4 MB and 13 ms in most processes.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: 'Node.js/20' } });

// If the reader of the output closes it early (`| head`), the command ends without a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

run()
  // Exits instead of only setting the exit code, because open connections of a role that failed during its start would keep the process
  // alive.
  .catch(async (error) => process.exit(await reportFailure(error)));

async function run(): Promise<void> {
  const command = findDirectCommand(process.argv.slice(2));
  if (command) return command();
  const { createProgram } = await import('./program.ts');
  await createProgram().parseAsync();
}
