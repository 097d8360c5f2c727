/*
 * Runs the Compose file in a network namespace without outside connections: prepare.sh, gateway, API and worker, the health check of the
 * API, and one job with the command line of the image.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openEmbeddedPostgres } from '../../../src/supervisor/postgres.ts';
import { socketUrl } from '../../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../../src/supervisor/secrets.ts';
import { ffprobe, makeClip } from '../../../testkit/media.ts';
import { listen, tcpServer } from '../../../testkit/servers.ts';
import { ensureServiceAccount, recordingLogger } from '../../../testkit/supervisor.ts';
import { until } from '../../../testkit/until.ts';
import { ROOT } from '../../docs/pages.ts';
import { ended, readService, startContainer, stopContainer, type World } from './containers.ts';

const ACCOUNT = 10001;
const [images] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'airlock-image-run-'));
chmodSync(folder, 0o755);
const world: World = { images: images!, docker: join(folder, 'docker') };
const children: ChildProcess[] = [];

cpSync(join(ROOT, 'deploy/docker'), world.docker, {
  recursive: true,
  filter: (path) => !path.includes('node_modules'),
});
writeFileSync(join(world.docker, 'hosts'), '127.0.0.1 localhost database gateway api\n');

await ensureServiceAccount();
mkdirSync(join(folder, 'postgres'), { mode: 0o711 });
const postgres = await openEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: recordingLogger() });
const { postgresAdminPassword } = await loadSecrets(join(folder, 'postgres'));
const superuser = socketUrl(postgres.socketDir, postgresAdminPassword, 'postgres', 'airlock');
const forwarding = tcpServer((near) => {
  const far = connect(join(postgres.socketDir, `.s.PGSQL.${new URL(superuser).port}`));
  for (const socket of [near, far]) socket.on('error', () => [near, far].map((one) => one.destroy()));
  near.pipe(far).pipe(near);
});
const proxy = await listen(forwarding, { port: 5432 });

try {
  const key = await prepare();
  for (const name of ['gateway', 'api']) children.push(startContainer(world, name));
  // The worker needs another metrics port than the API, because these containers share one network.
  children.push(startContainer(world, 'worker', { environment: { AIRLOCK_METRICS_PORT: '9465' } }));
  const { healthcheck } = readService(world, 'api');
  const [, ...check] = healthcheck!.test;
  const isHealthy = async () => (await ended(startContainer(world, 'api', { entrypoint: check, command: [] }))) === 0;
  await until(isHealthy, { what: 'the health check of the API', timeoutMs: 60_000, everyMs: 500 });
  await transcode(key);
} finally {
  await Promise.all(children.map(stopContainer));
  await proxy.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Runs prepare.sh with docker.ts instead of Docker. Returns the first key. */
async function prepare(): Promise<string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const shim = `#!/bin/sh\nexec "${process.execPath}" --import "${import.meta.resolve('tsx')}" "${join(import.meta.dirname, 'docker.ts')}" "$@"\n`;
  writeFileSync(join(bin, 'docker'), shim, { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, IMAGES: world.images, DOCKER: world.docker };
  // Asynchronous, because prepare.sh reaches PostgreSQL through this process.
  const { stdout } = await promisify(execFile)(join(world.docker, 'prepare.sh'), {
    cwd: ROOT,
    env: { ...env, SUPERUSER_URL: superuser },
  });
  return /\bal_live_\w+/.exec(stdout)![0];
}

async function transcode(key: string): Promise<void> {
  const media = join(folder, 'media');
  mkdirSync(media);
  await makeClip(join(media, 'clip.mp4'));
  chownSync(media, ACCOUNT, ACCOUNT);
  const environment = { AIRLOCK_URL: 'https://localhost:8080', AIRLOCK_API_KEY: key };
  const command = ['transcode', '/tmp/media/clip.mp4', '/tmp/media/clip.webm'];
  const code = await ended(startContainer(world, 'api', { command, environment, volumes: [`${media}:/tmp/media`] }));
  if (code !== 0) throw new Error(`the transcode ended with ${code}`);
  const { streams } = await ffprobe(join(media, 'clip.webm'));
  process.stdout.write(
    `transcoded: ${streams.map(({ codec_name }: { codec_name: string }) => codec_name).join(', ')}\n`,
  );
}
