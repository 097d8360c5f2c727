import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { makeClip } from '../../testkit/media.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { type RawOptions, rawHttp } from '../helpers/raw-http.ts';
import { runCommand } from '../helpers/run-command.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../helpers/storage.ts';

const YEAR = 31_536_000;

const storageNote = skipNote(OTHER_STORAGE && 'needs the embedded storage');

describe('HTTPS with a self-signed certificate', () => {
  let service: TestService;
  let folder: string;
  let ca: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-https-'));
    [service] = await Promise.all([startService({ AIRLOCK_TLS: 'auto' }), makeClip(join(folder, 'clip.mp4'))]);
    ca = await readFile(join(service.dataDir, 'tls', 'cert.pem'), 'utf8');
  });
  afterAll(async () => {
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const api = (method: string, path: string, body?: object, more: RawOptions = {}) =>
    rawHttp(`${service.api}${path}`, {
      method,
      ca,
      headers: { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      ...more,
    });

  it.skipIf(OTHER_STORAGE)(
    `serves a complete job: presign, PUT, confirm, create and download${storageNote}`,
    async () => {
      expect([service.api, service.storage].map((url) => new URL(url).protocol)).toEqual(['https:', 'https:']);
      const clip = await readFile(join(folder, 'clip.mp4'));
      const file = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: clip.length };
      const presigned = await api('POST', '/v1/upload/presigned-url', file);
      expect(presigned.status).toBe(200);
      expect(
        Number(/max-age=(\d+)/.exec(presigned.headers.get('strict-transport-security') ?? '')?.[1]),
      ).toBeGreaterThanOrEqual(YEAR);
      const { uploadUrl, filename } = presigned.json.result;
      expect(uploadUrl).toMatch(/^https:/);
      const put = await rawHttp(uploadUrl, { method: 'PUT', ca, headers: { 'content-type': 'video/mp4' }, body: clip });
      expect(put.status).toBe(200);
      const confirmed = await api('POST', '/v1/upload/confirm', { filename, fileSize: clip.length });
      expect(confirmed.status).toBe(200);
      const job = await api('POST', '/v1/transcodes?wait=30', {
        inputs: [{ url: confirmed.json.result.fileUrl }],
        outputFormat: 'mp3',
      });
      expect(job.json.status).toBe('completed');
      const { url } = (await api('GET', `/v1/transcodes/${job.json.id}/download`)).json;
      expect(url).toMatch(/^https:/);
      const got = await rawHttp(url, { ca });
      expect([got.status, got.headers.get('content-length')]).toEqual([200, String(job.json.outputs[0].size)]);
      expect((await api('GET', '/health-check')).json).toMatchObject({ ok: true, storage: { ok: true } });
    },
  );

  it('is the only protocol: plain HTTP and old TLS on the same port get no response', async () => {
    for (const url of [service.api, service.storage]) {
      const plain = url.replace('https:', 'http:');
      const response = await rawHttp(`${plain}/v1/transcodes`, {
        headers: { authorization: `Bearer ${service.key}` },
      }).catch(() => null);
      expect(response === null || response.status === 400 || response.status === 403).toBe(true);
      const { port } = new URL(url);
      const old = await new Promise((resolve) => {
        const options = {
          port: Number(port),
          host: '127.0.0.1',
          ca,
          maxVersion: 'TLSv1.1',
          minVersion: 'TLSv1',
        } as const;
        const socket = connect(options, () => resolve('connected'));
        socket.once('error', () => resolve('refused'));
      });
      expect(old).toBe('refused');
    }
  });

  it('has a private key that other users cannot read', async () => {
    const mode = (await stat(join(service.dataDir, 'tls', 'key.pem'))).mode & 0o777;
    expect(mode & 0o007).toBe(0);
    expect(mode & 0o020).toBe(0);
  });
});

describe('the start of the service', () => {
  it.each([
    [{ AIRLOCK_HOST: '0.0.0.0' }, /AIRLOCK_HOST: is 0\.0\.0\.0.*plain HTTP.*AIRLOCK_TLS=auto.*AIRLOCK_TRUST_PROXY/s],
    [{ AIRLOCK_HOST: '::' }, /AIRLOCK_HOST.*AIRLOCK_TLS=auto/s],
    [{ AIRLOCK_PUBLIC_URL: 'http://video.example.com' }, /AIRLOCK_PUBLIC_URL.*https:\/\//s],
    [{ AIRLOCK_HOST: '0.0.0.0', AIRLOCK_TRUST_PROXY: '0.0.0.0/0' }, /AIRLOCK_TRUST_PROXY.*every address/s],
    [{ AIRLOCK_TLS_CERT: '/nowhere/cert.pem' }, /AIRLOCK_TLS_KEY: is missing/],
    [{ AIRLOCK_TLS: 'yes' }, /AIRLOCK_TLS.*Use one of auto, off/s],
  ])('fails with exit code 78 and the remedy: %j', async (env, text) => {
    const dataDir = await makeDataDir();
    try {
      // All roles read the settings with the same function, so the other settings are tested only with `up`.
      for (const role of 'AIRLOCK_PUBLIC_URL' in env ? ['up', 'api', 'gateway'] : ['up']) {
        const ports = { AIRLOCK_PORT: '0', AIRLOCK_STORAGE_PORT: '0', AIRLOCK_METRICS_PORT: '0' };
        const result = await runCommand([role], { AIRLOCK_DATA_DIR: dataDir, ...ports, ...env });
        expect([role, result.code]).toEqual([role, 78]);
        expect(result.stderr).toMatch(text);
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
