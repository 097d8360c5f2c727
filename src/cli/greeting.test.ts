import { describe, expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { greeting } from './greeting.ts';

const ready = { api: 'http://127.0.0.1:1', storage: 'http://127.0.0.1:2', metrics: 'http://127.0.0.1:3', pid: 1 };
const given = {
  config: readConfig({ AIRLOCK_DATA_DIR: '/data' }),
  ready,
  firstKey: null,
  setupToken: null,
  ms: 1234,
  hasDashboard: false,
  willBuild: false,
};

describe('the greeting of airlock up', () => {
  it('lists the parts of the service, their addresses, and commands to try', () => {
    const text = greeting(given);
    expect(text).toContain('Airlock is up at http://127.0.0.1:1 (1.2 s)');
    for (const address of ['http://127.0.0.1:2', 'http://127.0.0.1:3/metrics', 'PostgreSQL', '/data'])
      expect(text).toContain(address);
    expect(text).toContain('curl -s http://127.0.0.1:1/v1/transcodes');
    expect(text).not.toMatch(/Dashboard|Sign in|FFmpeg/);
  });

  it('announces the build of a trimmed FFmpeg, and explains how to turn the build off', () => {
    expect(greeting({ ...given, willBuild: true })).toMatch(/FFmpeg .*builds[\s\S]*AIRLOCK_FFMPEG_BUILD=off/);
  });

  it('names the dashboard if the build has one, and the first key and the set-up link if this start made them', () => {
    const text = greeting({ ...given, hasDashboard: true, firstKey: { file: '/data/first-key' }, setupToken: 't' });
    expect(text).toContain('Dashboard http://127.0.0.1:1/\n');
    expect(text).toContain('API key   in /data/first-key');
    expect(text).toMatch(/Sign in +http:\/\/127\.0\.0\.1:1\/.*t$/m);
  });

  it('shows no secret of the settings', () => {
    const config = readConfig({
      AIRLOCK_DATABASE_URL: 'postgres://airlock:hidden@db/airlock',
      AIRLOCK_STORAGE_URL: 's3://bucket?endpoint=https://hidden.example.org&region=eu',
    });
    const text = greeting({ ...given, config });
    expect(text).toMatch(/Storage +s3:\/\/bucket$/m);
    expect(text).not.toContain('hidden');
  });
});
