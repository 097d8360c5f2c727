import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { projectRoot } from '../config/root.ts';
import { setupPath } from '../identity/setup-path.ts';
import type { ReadyInfo } from '../supervisor/ready-file.ts';
import { describeFirstKey, type FirstKey } from './first-key.ts';
import { bold, dim, green } from './style.ts';

export interface Greeting {
  config: Config;
  ready: ReadyInfo;
  firstKey: FirstKey | null;
  /** Token of the link with which the first operator sets a password. Null if this start created no link. */
  setupToken: string | null;
  /** Milliseconds that the start took. */
  ms: number;
  hasDashboard: boolean;
  /** Whether this service will build FFmpeg, which occupies a processor for minutes. */
  willBuild: boolean;
}

/** Whether the build contains a dashboard, which the API then serves. */
export function hasDashboard(): boolean {
  return existsSync(join(projectRoot(), 'dist', 'web', 'index.html'));
}

/** Returns the text that `up` prints when it is ready: the parts of the service, their addresses, and the first steps. */
export function greeting({ config, ready, firstKey, setupToken, ms, hasDashboard, willBuild }: Greeting): string {
  const rows = [
    ...(hasDashboard ? [['Dashboard', `${ready.api}/`]] : []),
    ['API', `${ready.api}/v1  ${dim(`documented at ${ready.api}/docs`)}`],
    ['Storage', config.storageUrl ? withoutSecrets(config.storageUrl) : `${ready.storage}  ${dim('embedded')}`],
    [
      'Database',
      config.databaseUrl ? 'the one of AIRLOCK_DATABASE_URL' : `PostgreSQL  ${dim('embedded, on a Unix socket')}`,
    ],
    ['Metrics', `${ready.metrics}/metrics`],
    ['Data', process.env.AIRLOCK_SHOWN_DATA_DIR || config.dataDir],
    ...(willBuild
      ? [
          ['FFmpeg', `from the distribution  ${dim('Airlock builds a smaller FFmpeg when the machine is idle.')}`],
          ['', TURN_OFF_BUILD],
        ]
      : []),
  ];
  const lines = [
    '',
    `${green('●')} Airlock is up at ${bold(ready.api)} ${dim(`(${(ms / 1000).toFixed(1)} s)`)}`,
    '',
    ...rows.map(([name, value]) => `  ${name!.padEnd(9)} ${value}`),
    '',
    ...(setupToken ? signIn(`${ready.api}${setupPath(setupToken)}`) : []),
    ...(firstKey ? [...describeFirstKey(firstKey, ready.api)] : tryWithoutKey(ready.api)),
    `  Then      ./airlock jobs list --watch ${dim('shows jobs,')} ./airlock doctor ${dim('checks this machine')}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

const TURN_OFF_BUILD = dim('To turn this off, set AIRLOCK_FFMPEG_BUILD=off');

function signIn(link: string): string[] {
  return [
    `  Sign in   ${bold(link)}`,
    `            ${dim('Sets the password of the first operator, once, within a day')}`,
    '',
  ];
}

/** Returns example commands that create a key and use it, because the first key is shown only at the first start. */
function tryWithoutKey(url: string): string[] {
  return [
    `  Try       key=$(./airlock keys create --name first)`,
    `            curl -s ${url}/v1/transcodes -H "Authorization: Bearer $key"`,
  ];
}

/** Removes a query, and a user and password before the host, from the URL of a bucket. */
function withoutSecrets(url: string): string {
  return url.replace(/\?.*$/s, '').replace(/\/\/[^/@]*@/, '//');
}
