import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { findOrUnpack } from '../../testkit/unpack-program.ts';
import { skipNote } from '../helpers/skip-note.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/monitoring');
const ALERTS = join(FOLDER, 'alerts.yml');
const DASHBOARD = join(FOLDER, 'dashboard.json');
const PAGE = join(import.meta.dirname, '../../docs/operate/monitoring.md');
const run = promisify(execFile);

const promtool = await findOrUnpack('/usr/bin/promtool', ['promtool']);

/** Returns the metrics that a file names. On a page, only names in code count. */
function namesIn(path: string): string[] {
  const pattern = path.endsWith('.md') ? /(?<=`)airlock_[a-z_]+(?=`)/g : /\bairlock_[a-z_]+/g;
  const names = readFileSync(path, 'utf8').match(pattern) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))];
}

describe('the metrics of a service', () => {
  let service: TestService;
  let folder: string;
  const scrape = async () => (await fetch(`${service.metrics}/metrics`)).text();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-monitoring-'));
    const clip = join(folder, 'clip.mp4');
    [service] = await Promise.all([shareService(), makeClip(clip)]);
    const { fileUrl } = await upload(service, clip);
    const options = [{ option: '-vf', argument: 'negate' }];
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options });
    expect(job.status).toBe('completed');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('include every metric of the dashboard, the alerts and the documentation', async () => {
    const text = await scrape();
    const served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!));
    for (const path of [DASHBOARD, ALERTS, PAGE]) {
      expect(namesIn(path).filter((name) => !served.has(name))).toEqual([]);
    }
    const documented = namesIn(PAGE);
    expect([...served].filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('include API and worker in one response, with each metric family once', async () => {
    const text = await scrape();
    const lines = text.split('\n');
    /** Returns the value of a series, whatever the order of its labels. */
    const value = (name: string, labels: Record<string, string>) => {
      const parts = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      const line = lines.find((one) => one.startsWith(`${name}{`) && parts.every((part) => one.includes(part)));
      return Number(line?.split(' ').at(-1));
    };
    expect(
      value('airlock_jobs_accepted_total', { class: 'light', kind: 'transcode', role: 'api' }),
    ).toBeGreaterThanOrEqual(1);
    expect(
      value('airlock_attempts_total', { end: 'completed', kind: 'transcode', role: 'worker' }),
    ).toBeGreaterThanOrEqual(1);
    expect(value('airlock_output_bytes_total', { role: 'worker' })).toBeGreaterThan(1000);
    for (const stage of ['sanitize', 'plan', 'encode', 'check', 'store']) {
      expect(value('airlock_stage_seconds_count', { stage, role: 'worker' })).toBeGreaterThanOrEqual(1);
    }
    const families = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!);
    expect(families).toEqual([...new Set(families)]);
    expect(text).not.toMatch(/gs:\/\/|https?:\/\/|clip/);
  });

  it.skipIf(promtool.missing !== null)(`are well-formed for promtool${skipNote(promtool.missing)}`, async () => {
    const check = execFile(promtool.path, ['check', 'metrics']);
    let output = '';
    check.stderr!.on('data', (chunk) => (output += chunk));
    check.stdin!.end(await scrape());
    const [code] = await once(check, 'close');
    expect({ code, output }).toEqual({ code: 0, output: '' });
  });
});

describe.skipIf(promtool.missing !== null)(`the alert rules${skipNote(promtool.missing)}`, () => {
  it('are valid, and fire only for the condition that each of them names', async () => {
    await run(promtool.path, ['check', 'rules', ALERTS]);
    const folder = await mkdtemp(join(tmpdir(), 'airlock-alerts-'));
    try {
      const cases = readFileSync(join(import.meta.dirname, 'alerts-test.yml'), 'utf8').replace('ALERTS', ALERTS);
      await writeFile(join(folder, 'cases.yml'), cases);
      const { stdout } = await run(promtool.path, ['test', 'rules', join(folder, 'cases.yml')]);
      expect(stdout).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
