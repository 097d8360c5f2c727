import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { s3Signer } from '../../src/storage/s3/signer.ts';
import { listen, tcpServer } from '../servers.ts';
import { until } from '../until.ts';
import { SERVERS, SWIFT_REGION, type SwiftPorts, swiftConfig, swiftCredential } from './config.ts';

const run = promisify(execFile);
/** Path of Debian's Python, for which python3-swift is installed. Another Python may be first in PATH. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, 'run-swift.py');
/** The bucket name. Tests expect the same name as for the embedded storage. */
const BUCKET = 'airlock';

/** Returns false on systems other than Debian without the package. On Debian, `./airlock test` installs the package. */
export function swiftIsExpected(): boolean {
  return existsSync('/etc/debian_version') || existsSync('/usr/lib/python3/dist-packages/swift');
}

/** Returns the servers that the test files of this run share, from `sharing.ts`. Account 0 is reserved for tests of the store. */
export async function shareSwiftServers(): Promise<{ endpoint: string }> {
  const response = await fetch(`${process.env.TEST_SHARING_URL}/swift`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { endpoint: string };
}

/** Starts OpenStack Swift with its S3 interface, as ordinary processes on free loopback ports. */
export async function startSwiftServers(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-swift-'));
  const servers: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ports = await freePorts();
    await mkdir(join(folder, 'devices', 'd1'), { recursive: true });
    for (const [name, text] of Object.entries(swiftConfig(folder, ports))) await writeFile(join(folder, name), text);
    await run(PYTHON, [SCRIPT, 'rings', folder, String(ports.account), String(ports.container), String(ports.object)]);
    for (const name of SERVERS) servers.push(serve(folder, name));
    const endpoint = `http://127.0.0.1:${ports.proxy}`;
    await makeFirstBucket(endpoint, () => firstFailure(folder, servers));
    return { endpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function swiftLocation(endpoint: string, account: number) {
  const credentials = swiftCredential(account);
  return { endpoint, publicEndpoint: endpoint, bucket: BUCKET, region: SWIFT_REGION, credentials };
}

function serve(folder: string, name: string): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a');
  return spawn(PYTHON, [SCRIPT, 'serve', folder, name], { stdio: ['ignore', log, log], cwd: folder });
}

/** Returns the output of a server that has ended; null while all servers run. */
async function firstFailure(folder: string, servers: ChildProcess[]): Promise<string | null> {
  const ended = servers.findIndex((server) => server.exitCode !== null || server.signalCode !== null);
  if (ended < 0) return null;
  const log = await readFile(join(folder, `${SERVERS[ended]}.log`), 'utf8');
  return `Swift's ${SERVERS[ended]} server ended: ${log.slice(-2000)}`;
}

/** Makes a bucket once all four servers respond. */
async function makeFirstBucket(endpoint: string, failure: () => Promise<string | null>): Promise<void> {
  const made = async (): Promise<boolean> => {
    const failed = await failure();
    if (failed) throw new Error(failed);
    return (await makeBucket(endpoint, 0)) === 200;
  };
  await until(made, { what: 'Swift to make a bucket', everyMs: 100 });
}

/** Returns the status of the response; null if there is no response. */
async function makeBucket(endpoint: string, account: number): Promise<number | null> {
  const signer = s3Signer(swiftLocation(endpoint, account));
  const { url, headers } = await signer.request({ method: 'PUT', key: '', headers: { 'content-length': '0' } });
  const response = await fetch(url, { method: 'PUT', headers }).catch(() => null);
  return response?.status ?? null;
}

/** Makes a bucket in the account. Returns the variables of a service that stores its media in the bucket. */
export async function swiftVariables(endpoint: string, account: number): Promise<Record<string, string>> {
  const status = await makeBucket(endpoint, account);
  // 409 means that the bucket exists, because the service has started before.
  if (status !== 200 && status !== 409) throw new Error(`Swift answered ${status} to a new bucket`);
  const { accessKeyId, secretAccessKey } = swiftCredential(account);
  return {
    AIRLOCK_STORAGE_URL: `s3://${BUCKET}?endpoint=${endpoint}&region=${SWIFT_REGION}`,
    AIRLOCK_STORAGE_PUBLIC_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  // After SIGTERM, a server waits for connections that clients keep open.
  const timer = setTimeout(() => server.kill('SIGKILL'), 2_000);
  await ended.finally(() => clearTimeout(timer));
}

/** Returns free ports. All listeners stay open until the last port is known, so that no two ports are the same. */
async function freePorts(): Promise<SwiftPorts> {
  const held = await Promise.all(SERVERS.map(() => listen(tcpServer(() => {}))));
  await Promise.all(held.map(({ close }) => close()));
  return Object.fromEntries(SERVERS.map((name, index) => [name, held[index]!.port])) as unknown as SwiftPorts;
}
