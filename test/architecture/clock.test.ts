import { describe, expect, it } from 'vitest';
import { readSources } from './sources.ts';

/** Folders that store times, or compare times with stored times. */
const FOLDERS = new Set([
  'jobs',
  'uploads',
  'objects',
  'accounts',
  'fleet',
  'webhooks',
  'events',
  'identity',
  'templates',
]);

/** Lines that use the clock of the process, with the reason why they may. */
const EXCEPTIONS: readonly { path: string; line: string; reason: string }[] = [
  {
    path: 'fleet/health.ts',
    line: 'timestamp: new Date().toISOString(),',
    reason: 'reports the time of the process, also while the database does not respond',
  },
  {
    path: 'identity/known-devices.ts',
    line: 'export function makeDeviceToken(vault: Vault, user: Person, now = Date.now()): string {',
    reason: 'a signed text that is valid for half a year, without a row',
  },
  {
    path: 'identity/known-devices.ts',
    line: 'export function knownDevice(vault: Vault, user: Person, token: string, now = Date.now()): string | null {',
    reason: 'a signed text that is valid for half a year, without a row',
  },
  {
    path: 'uploads/presign.ts',
    line: 'const wanted = storedName(body.filename, new Date());',
    reason: 'a part of a name, which is compared with nothing',
  },
  {
    path: 'uploads/staging.ts',
    line: 'return new Date(Math.max(url_expires_at.getTime(), Date.now()) + CLOCK_SECONDS * 1000);',
    reason: 'the storage compares this time with its own clock, and `CLOCK_SECONDS` allows for the difference',
  },
  {
    path: 'webhooks/send.ts',
    line: 'const sentAt = new Date();',
    reason: 'a signature, which the receiver compares with its own clock',
  },
];

/** Matches reads of the clock of the process. `performance.now()` measures durations, and is allowed. */
const CLOCK = /\bnew Date\(\)|\bDate\.now\b|\bDate\(\)/;

function readsOfClock(path: string, text: string): { path: string; line: string }[] {
  return text
    .split('\n')
    .filter((line) => CLOCK.test(line))
    .map((line) => ({ path, line: line.trim() }));
}

function sorted(reads: readonly { path: string; line: string }[]): string[] {
  return reads.map(({ path, line }) => `${path}: ${line}`).sort();
}

describe('times that are stored or compared with stored times', () => {
  it('come from the clock of the database, except for the listed lines', () => {
    const found = readSources()
      .filter(({ folder }) => FOLDERS.has(folder))
      .flatMap(({ path, text }) => readsOfClock(path, text));
    expect(sorted(found)).toEqual(sorted(EXCEPTIONS.map(({ path, line }) => ({ path, line }))));
  });

  it.each(['const silent = new Date(Date.now() - 30_000);', 'updated_at: new Date(),', 'now = Date.now(),'])(
    'are searched for `%s`',
    (line) => {
      expect(readsOfClock('a.ts', line)).toHaveLength(1);
    },
  );

  it.each(['new Date(row.created_at)', 'performance.now()', "databaseNow.as('now')"])('may use `%s`', (line) => {
    expect(readsOfClock('a.ts', line)).toEqual([]);
  });
});
