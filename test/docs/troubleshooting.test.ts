import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errors } from '../../src/contract/errors.ts';
import { failures } from '../../src/contract/failures.ts';
import { ROOT, readPage } from './pages.ts';

const { text } = readPage('docs/troubleshooting.md');
const named = new Set([...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Words on the page that have the form of a code but are not codes: other names of the API and of metrics. */
const OTHER = ['error_advice', 'error_code', 'error_message', 'first_key', 'max_concurrent', 'storage_away'];

describe('troubleshooting.md', () => {
  it('has a row for every check of doctor', () => {
    const sources = ['', '-ffmpeg', '-sandbox', '-service']
      .map((part) => read(`src/cli/commands/doctor${part}.ts`))
      .join();
    const checks = [...sources.matchAll(/(?:\brun\(\s*|name: |name = )['`]([A-Z][^'`$]*)/g)].map((match) =>
      match[1]!.trim(),
    );
    expect(checks.length).toBeGreaterThan(15);
    expect(checks.filter((name) => !named.has(name))).toEqual([]);
  });

  it('has a row for every alert', () => {
    const alerts = [...read('deploy/monitoring/alerts.yml').matchAll(/alert: (\w+)/g)].map((match) => match[1]!);
    expect(alerts.filter((name) => !named.has(name))).toEqual([]);
  });

  it('names only existing codes of errors and failures', () => {
    const codes = [...named].filter((word) => /^[a-z]+(_[a-z]+)+$/.test(word) && !/^airlock_/.test(word));
    expect(codes.filter((code) => !(code in errors) && !(code in failures) && !OTHER.includes(code))).toEqual([]);
  });
});
