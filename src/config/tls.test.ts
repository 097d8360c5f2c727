import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpServer, listen } from '../../testkit/servers.ts';
import { loadTls } from './tls.ts';

const DAY_MS = 86_400_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-tls-'));
});
afterEach(() => rm(folder, { recursive: true }));

const days = (count: number) => new Date(Date.now() + count * DAY_MS);
const make = (from: number, to: number) =>
  generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: days(from),
    notAfterDate: days(to),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });

async function files(cert: string, key: string) {
  const paths = { mode: 'files' as const, cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') };
  await writeFile(paths.cert, cert);
  await writeFile(paths.key, key);
  return paths;
}

it('loadTls returns null and creates no files if TLS is off', async () => {
  expect(await loadTls({ mode: 'off' }, folder, ['127.0.0.1'])).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

describe('a generated certificate', () => {
  const auto = (hosts: string[], dataDir = folder) => loadTls({ mode: 'auto' }, dataDir, hosts);

  it('is trusted, by name and by address, by a client that trusts the returned `ca`', async () => {
    const tls = (await auto(['video.example.com', '10.1.2.3']))!;
    const { cert, key } = tls;
    const { port, close } = await listen(httpServer((_request, response) => response.end('ok'), { cert, key }));
    try {
      for (const servername of ['localhost', 'video.example.com', '']) {
        const request = get({ host: '127.0.0.1', port, servername, ca: tls.ca!, agent: false, minVersion: 'TLSv1.3' });
        const [response] = await once(request, 'response');
        expect(response.statusCode).toBe(200);
        response.resume();
      }
      const stranger = get({ host: '127.0.0.1', port, agent: false });
      await expect(once(stranger, 'response')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    } finally {
      await close();
    }
  });

  it('names hosts and loopback, is valid for 397 days, is not a CA, and is readable only by its owner', async () => {
    const tls = (await auto(['video.example.com', '10.1.2.3', '[fd00::7]']))!;
    const certificate = new X509Certificate(tls.cert);
    for (const name of ['video.example.com', 'localhost']) expect(certificate.checkHost(name)).toBe(name);
    for (const ip of ['10.1.2.3', '127.0.0.1', '::1', 'fd00::7']) expect(certificate.checkIP(ip)).toBeDefined();
    const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
    expect(Math.round(life / DAY_MS)).toBe(397);
    expect(certificate.ca).toBe(false);
    expect((await stat(join(folder, 'tls'))).mode & 0o777).toBe(0o700);
    for (const name of ['cert.pem', 'key.pem']) {
      expect((await stat(join(folder, 'tls', name))).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(folder)).toEqual(['tls']);
  });

  it('names this machine if the server listens on every address', async () => {
    const certificate = new X509Certificate((await auto(['0.0.0.0']))!.cert);
    expect(certificate.checkHost(hostname())).toBeDefined();
    expect(certificate.checkIP('0.0.0.0')).toBeUndefined();
  });

  it('is reused, but regenerated if it lacks a host', async () => {
    const first = await auto(['a.example.com']);
    expect(await auto(['a.example.com'])).toEqual(first);
    expect(await auto([])).toEqual(first);
    const second = await auto(['b.example.com']);
    expect(second).not.toEqual(first);
    expect(await readFile(join(folder, 'tls', 'cert.pem'), 'utf8')).toBe(second!.cert);
  });

  it('is regenerated if it expires within 30 days, has expired, is not yet valid or is damaged, or if its key is wrong or damaged', async () => {
    const good = await make(-1, 300);
    const pairs = {
      '29 days': await make(-300, 29),
      expired: await make(-300, -1),
      early: await make(2, 300),
      'wrong key': { ...good, private: (await make(-1, 300)).private },
      'broken key': { ...good, private: 'x' },
      'broken certificate': { ...good, cert: '' },
    };
    for (const [what, pair] of Object.entries({ ...pairs, good })) {
      const dataDir = join(folder, what);
      await mkdir(join(dataDir, 'tls'), { recursive: true });
      await writeFile(join(dataDir, 'tls', 'cert.pem'), pair.cert);
      await writeFile(join(dataDir, 'tls', 'key.pem'), pair.private);
      const tls = (await auto([], dataDir))!;
      expect([what, tls.cert === pair.cert]).toEqual([what, what === 'good']);
      expect(Date.parse(new X509Certificate(tls.cert).validTo)).toBeGreaterThan(days(200).getTime());
      expect(await readdir(dataDir)).toEqual(['tls']);
    }
  });

  it('is the same for all roles that start concurrently, when it is first generated and when it is regenerated', async () => {
    for (const hosts of [['a.example.com'], ['b.example.com']]) {
      const all = await Promise.all([auto(hosts), auto(hosts), auto(hosts), auto(hosts)]);
      const last = await auto(hosts);
      for (const tls of all) {
        expect(new X509Certificate(tls!.cert).checkHost(hosts[0]!)).toBeDefined();
        expect(tls).toEqual(last);
      }
      expect(await readdir(folder)).toEqual(['tls']);
    }
  });
});

describe('certificate files of the operator', () => {
  it('are used unchanged', async () => {
    const { cert, private: key } = await make(-1, 10);
    expect(await loadTls(await files(cert, key), folder, [])).toEqual({ cert, key, ca: cert });
  });

  it('are rejected with the variable, the reason and a remedy if they cannot be used', async () => {
    const good = await make(-1, 10);
    const expired = await make(-10, -1);
    const early = await make(5, 10);
    for (const [cert, key, message] of [
      [expired.cert, expired.private, /^AIRLOCK_TLS_CERT: expired on .*\. Renew the certificate$/],
      [early.cert, early.private, /^AIRLOCK_TLS_CERT: is not valid before .*\. Check the clock/],
      [good.cert, expired.private, /^AIRLOCK_TLS_KEY: does not belong to the certificate\. /],
      [good.private, good.private, /^AIRLOCK_TLS_CERT: .*c\.pem is not a PEM file/],
      [good.cert, good.cert, /^AIRLOCK_TLS_KEY: .*k\.pem is not a PEM file/],
      ['', '', /^AIRLOCK_TLS_CERT: .* is not a PEM file/],
    ] as const) {
      await expect(loadTls(await files(cert, key), folder, [])).rejects.toThrow(message);
    }
    const missing = { mode: 'files' as const, cert: join(folder, 'none'), key: join(folder, 'none') };
    await expect(loadTls(missing, folder, [])).rejects.toThrow(/^AIRLOCK_TLS_CERT: .*cannot be read \(ENOENT\)\. /);
  });
});
