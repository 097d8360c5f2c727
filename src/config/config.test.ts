import { describe, expect, it } from 'vitest';
import { readConfig, toEnvironment } from './config.ts';
import { SETTINGS } from './settings.ts';

describe('the configuration', () => {
  it('has defaults', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      storagePort: 8081,
      metricsPort: 9464,
      retentionSeconds: 86_400,
      rateLimit: 600,
      maxUpload: 2_048_576_000,
      fetchPorts: [80, 443],
      fetchAllow: [],
      tls: { mode: 'off' },
    });
  });

  it.each([
    ['AIRLOCK_PORT', '80800'],
    ['AIRLOCK_PORT', '-1'],
    ['AIRLOCK_RETENTION', 'soon'],
    ['AIRLOCK_RETENTION', '0'],
    ['AIRLOCK_WORKER_SLOTS', '0'],
    ['AIRLOCK_RATE_LIMIT', 'many'],
    ['AIRLOCK_DATABASE_URL', 'mysql://x/y'],
    ['AIRLOCK_STORAGE_URL', 'ftp://x'],
    ['AIRLOCK_PUBLIC_URL', 'nonsense'],
    ['AIRLOCK_TLS', 'yes'],
    ['AIRLOCK_TLS_CERT', '/only/one.pem'],
    ['AIRLOCK_FETCH_PORTS', '80,x'],
    ['AIRLOCK_FFMPEG', 'bin/ffmpeg'],
    ['AIRLOCK_STORAGE_SOCKET', 'storage.sock'],
    ['AIRLOCK_MAX_CONNECTIONS', '0'],
    ['AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS', 'many'],
    ['AIRLOCK_SANDBOX', 'chroot'],
    ['AIRLOCK_SANDBOX', 'none'],
    ['AIRLOCK_LOG_LEVEL', 'loud'],
  ])('rejects %s=%s with an error that names the variable and a remedy', (variable, value) => {
    const named = variable === 'AIRLOCK_TLS_CERT' ? 'AIRLOCK_TLS_KEY' : variable;
    expect(() => readConfig({ [variable]: value })).toThrow(new RegExp(`^${named}: .+\\. .+`));
  });

  // The other settings accept any text here. The process that uses them checks their values.
  const CHECKED = Object.values(SETTINGS).filter(({ type }) => !['text', 'list', 'path'].includes(type.name));
  it.each(CHECKED.map(({ variable }) => variable))(
    'rejects a wrong %s with an error of one line that contains a remedy',
    (variable) => {
      expect(CHECKED.length).toBeGreaterThan(20);
      expect(() => readConfig({ [variable]: '!' })).toThrow(new RegExp(`^${variable}: [^\\n{]+\\. [^\\n{]+$`));
    },
  );

  it('rejects a path that is too long for a Unix socket', () => {
    const path = `/${'a'.repeat(107)}`;
    expect(() => readConfig({ AIRLOCK_STORAGE_SOCKET: path })).toThrow('is not an absolute path of at most 107 bytes');
    expect(readConfig({ AIRLOCK_STORAGE_SOCKET: path.slice(1).replace('a', '/') }).storageSocket).toHaveLength(107);
  });

  it.each(['AIRLOCK_DATABASE_URL', 'AIRLOCK_STORAGE_URL', 'AIRLOCK_PUBLIC_URL'])(
    'rejects a wrong %s without quoting the value, which may contain a password',
    (variable) => {
      expect(() => readConfig({ [variable]: 'mysql://user:hunter2@host/name' })).toThrow(/^(?!.*hunter2)/);
    },
  );

  it.each([
    ['90s', 90],
    ['15m', 900],
    ['24h', 86_400],
    ['7d', 604_800],
    ['30', 30],
  ])('accepts a retention of %s', (text, seconds) => {
    expect(readConfig({ AIRLOCK_RETENTION: text }).retentionSeconds).toBe(seconds);
  });

  it('reaches a child process unchanged, regardless of the parent’s environment', () => {
    const config = readConfig({
      AIRLOCK_PORT: '0',
      AIRLOCK_TRUST_PROXY: '10.0.0.0/8, 127.0.0.1/32',
      AIRLOCK_WORKER_SLOTS: '4',
      AIRLOCK_RETENTION: '2h',
      AIRLOCK_DISK_RESERVE: '2%,700MB',
      AIRLOCK_FETCH_ALLOW: '192.0.2.0/24',
      AIRLOCK_FFMPEG: '/opt/ffmpeg/bin/ffmpeg',
    });
    const parent = { AIRLOCK_TLS_CERT: '/a.pem', AIRLOCK_TLS_KEY: '/b.pem', AIRLOCK_PUBLIC_URL: 'https://elsewhere' };
    expect(readConfig({ ...parent, ...toEnvironment(config) })).toEqual(config);
    const files = readConfig({
      AIRLOCK_TLS_CERT: '/a.pem',
      AIRLOCK_TLS_KEY: '/b.pem',
      AIRLOCK_STORAGE_URL: 's3://bucket',
    });
    expect(readConfig(toEnvironment(files))).toEqual(files);
  });
});

describe('AIRLOCK_SANDBOX', () => {
  it('is auto by default', () => {
    expect(readConfig({}).sandbox).toBe('auto');
    expect(readConfig({ AIRLOCK_SANDBOX: 'landlock' }).sandbox).toBe('landlock');
  });

  it('can be none only if AIRLOCK_ALLOW_UNSANDBOXED accepts the risk, and child processes get both variables', () => {
    expect(() => readConfig({ AIRLOCK_SANDBOX: 'none' })).toThrow(/i-accept-the-risk/);
    expect(() => readConfig({ AIRLOCK_SANDBOX: 'none', AIRLOCK_ALLOW_UNSANDBOXED: 'yes' })).toThrow(/hostile file/);
    const config = readConfig({ AIRLOCK_SANDBOX: 'none', AIRLOCK_ALLOW_UNSANDBOXED: 'i-accept-the-risk' });
    expect(config.sandbox).toBe('none');
    expect(readConfig(toEnvironment(config)).sandbox).toBe('none');
  });

  it('stays auto if only AIRLOCK_ALLOW_UNSANDBOXED is set', () => {
    expect(readConfig({ AIRLOCK_ALLOW_UNSANDBOXED: 'i-accept-the-risk' }).sandbox).toBe('auto');
  });
});
