export { isLoopbackHost, transportPolicy } from './transport-policy.ts';

import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { TlsMode } from './config.ts';
import { ConfigError } from './config-error.ts';

export interface TlsMaterial {
  /** Certificate as PEM, including the chain if there is one. */
  cert: string;
  /** Private key as PEM, unencrypted. */
  key: string;
  /**
   * Certificate that Airlock's own clients must trust in addition to the usual authorities: the certificate itself if it is self-signed,
   * otherwise null.
   */
  ca: string | null;
}

const DAY_MS = 86_400_000;
/** Number of days for which a generated certificate is valid. Browsers reject more than 398 days. */
const LIFE_DAYS = 397;
const RENEW_BELOW_DAYS = 30;
/** Milliseconds by which the validity of a certificate begins in the past, because clocks differ. */
const BACKDATE_MS = 3_600_000;
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

/**
 * Returns the certificate and key of the server; null if TLS is off. With `auto`, generates a self-signed certificate for `hosts` and the
 * loopback names in `<dataDir>/tls`, and reuses it until it expires in less than 30 days, lacks a host, or is damaged. Throws a
 * `ConfigError` if the operator's own files cannot be used, or if no certificate can be stored.
 */
export async function loadTls(tls: TlsMode, dataDir: string, hosts: readonly string[]): Promise<TlsMaterial | null> {
  if (tls.mode === 'off') return null;
  if (tls.mode === 'files') return loadFiles(tls.cert, tls.key);

  const folder = join(dataDir, 'tls');
  const names = [...new Set([...hosts.map(plainHost).filter((host) => !isWildcard(host)), ...LOCAL_NAMES])];
  const wildcard = hosts.some((host) => isWildcard(plainHost(host)));
  // Several roles may start concurrently. The first role to install its files wins, and the other roles read these files.
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await readStored(folder);
    if (stored !== null && isUsable(stored, names)) return { ...stored, ca: stored.cert };
    await install(folder, await makeCertificate(wildcard ? [...names, ...ownNames()] : names), stored);
  }
  throw new ConfigError(
    'AIRLOCK_TLS',
    `no certificate could be stored in ${folder}`,
    'Remove that folder and start again',
  );
}

type Pair = Omit<TlsMaterial, 'ca'>;

async function loadFiles(certPath: string, keyPath: string): Promise<TlsMaterial> {
  const cert = await readPem('AIRLOCK_TLS_CERT', certPath);
  const key = await readPem('AIRLOCK_TLS_KEY', keyPath);
  const parsed = parse('AIRLOCK_TLS_CERT', certPath, () => new X509Certificate(cert));
  const privateKey = parse('AIRLOCK_TLS_KEY', keyPath, () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new ConfigError(
      'AIRLOCK_TLS_KEY',
      'does not belong to the certificate',
      'Set the key that it was issued for',
    );
  }
  const now = Date.now();
  if (Date.parse(parsed.validTo) <= now) {
    throw new ConfigError('AIRLOCK_TLS_CERT', `expired on ${parsed.validTo}`, 'Renew the certificate');
  }
  if (Date.parse(parsed.validFrom) > now) {
    throw new ConfigError(
      'AIRLOCK_TLS_CERT',
      `is not valid before ${parsed.validFrom}`,
      'Check the clock of this machine',
    );
  }
  return { cert, key, ca: parsed.checkIssued(parsed) ? cert : null };
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(variable, `${path} cannot be read (${code})`, 'Set a PEM file that this account can read');
  }
}

function parse<T>(variable: string, path: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new ConfigError(variable, `${path} is not a PEM file of the right kind`, 'Set an unencrypted PEM file');
  }
}

async function readStored(folder: string): Promise<Pair | null> {
  try {
    const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8')));
    return { cert: cert!, key: key! };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isUsable(pair: Pair, names: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    return (
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      Date.parse(certificate.validTo) - Date.now() > RENEW_BELOW_DAYS * DAY_MS &&
      Date.parse(certificate.validFrom) <= Date.now() &&
      names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined)
    );
  } catch {
    return false;
  }
}

/** Installs both files with one rename, so that no process reads a certificate with the key of another certificate. */
async function install(folder: string, pair: Pair, replaced: Pair | null): Promise<void> {
  const fresh = `${folder}.${randomUUID()}`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    await writeFile(join(fresh, 'cert.pem'), pair.cert, { mode: 0o600 });
    await writeFile(join(fresh, 'key.pem'), pair.key, { mode: 0o600 });
    if (replaced !== null) await discard(folder, replaced);
    await rename(fresh, folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Deletes the old pair, unless another process has already replaced it. */
async function discard(folder: string, old: Pair): Promise<void> {
  if ((await readStored(folder))?.cert !== old.cert) return;
  const oldFolder = `${folder}.${randomUUID()}`;
  await rename(folder, oldFolder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  // If another process replaced the pair between the check and the rename, the renamed pair is the new pair, so move it back.
  const moved = await readStored(oldFolder);
  if (moved !== null && moved.cert !== old.cert) await rename(oldFolder, folder).catch(() => {});
  await rm(oldFolder, { recursive: true, force: true });
}

async function makeCertificate(names: readonly string[]): Promise<Pair> {
  // Load the package on demand, because this costs 8 MB and 90 ms. The package is a CommonJS module, so in the bundle its exports are only
  // under `default`.
  const { generate } = (await import('selfsigned')).default;
  const start = Date.now() - BACKDATE_MS;
  const made = await generate([{ name: 'commonName', value: (names[0] ?? 'localhost').slice(0, 64) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(start),
    notAfterDate: new Date(start + LIFE_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Returns the names by which other machines may reach this machine if it listens on every address. */
function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const external = addresses.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
  return [...new Set([hostname().toLowerCase(), ...external])].filter((name) => /^[a-z0-9.:-]+$/.test(name));
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}
