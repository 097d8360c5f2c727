import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Names of the programs. The headless shell has no window and needs less processor time, but some distributions lack it. */
const PROGRAMS = ['chromium-headless-shell', 'chromium'];

/**
 * Flags without V8's optimizing compilers. Pages of tests exist only for seconds, in which these compilers take longer than their code
 * saves.
 */
const WITHOUT_OPTIMIZATION = '--js-flags=--no-opt --no-maglev';

/**
 * Starts the Chromium of the distribution, which `./airlock test` installs; nothing is downloaded.
 * @param options.isMeasured whether scripts run at full speed, as in a person's browser
 * @param options.flags further flags of Chromium
 */
export function openBrowser(options: { isMeasured?: boolean; flags?: readonly string[] } = {}): Promise<Browser> {
  const { isMeasured = false, flags = [] } = options;
  // Root cannot use Chromium's own sandbox, and the tests load only their own pages.
  const args = [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--mute-audio',
    '--disable-gpu',
    '--renderer-process-limit=1',
    ...(isMeasured ? [] : [WITHOUT_OPTIMIZATION]),
    ...flags,
  ];
  return chromium.launch({ executablePath: findChromium(), args });
}

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = paths.find(isExecutable);
  if (!found) throw new Error('Chromium is missing: apt-get install chromium');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
