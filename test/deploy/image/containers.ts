import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseYaml } from '../yaml.ts';
import { stages } from './build.ts';
import { imageConfig } from './dockerfile.ts';

/** The fields of a service of compose.yaml that these tests apply. */
interface Service {
  image: string;
  command: string[];
  user: string;
  env_file: string | string[];
  environment?: Record<string, string>;
  volumes: string[];
  tmpfs: string[];
  healthcheck?: { test: string[] };
}

/** Folders of the images, and of a copy of deploy/docker with the compose.yaml to apply. */
export interface World {
  images: string;
  docker: string;
}

export function readService({ docker }: World, name: string): Service {
  const [compose] = parseYaml(readFileSync(join(docker, 'compose.yaml'), 'utf8'));
  return (compose as unknown as { services: Record<string, Service> }).services[name]!;
}

export interface Extra {
  command?: readonly string[];
  entrypoint?: readonly string[];
  volumes?: readonly string[];
  environment?: Record<string, string>;
}

/**
 * Starts a service in bubblewrap as a container engine would: with its image as a read-only root, its volumes, its account without
 * capabilities, and its own process namespace. It uses the network of the caller. Limits, seccomp and AppArmor are not applied.
 */
export function startContainer(
  world: World,
  name: string,
  extra: Extra = {},
  stdio: ('ignore' | 'inherit' | 'pipe')[] = ['ignore', 'inherit', 'inherit'],
): ChildProcess {
  const service = readService(world, name);
  const stage = service.image.split('/')[1]!;
  const image = imageConfig(stages, stage);
  const [uid, gid] = service.user.split(':') as [string, string];
  const volumes = [...service.volumes, ...(extra.volumes ?? [])].flatMap((volume) => {
    const [source, target, mode] = volume.split(':') as [string, string, string?];
    // An engine creates the mount point in the layer of the container. No mount point is needed below /tmp, which is a tmpfs.
    if (!target.startsWith('/tmp/') && !existsSync(join(world.images, stage, target)))
      makeMountPoint(resolve(world.docker, source), join(world.images, stage, target));
    return [mode === 'ro' ? '--ro-bind' : '--bind', resolve(world.docker, source), target];
  });
  const env = {
    ...image.env,
    ...Object.fromEntries([service.env_file].flat().flatMap((file) => readEnv(join(world.docker, file)))),
    ...service.environment,
    ...extra.environment,
  };
  const entrypoint = extra.entrypoint ?? image.entrypoint;
  const account = ['--reuid', uid, '--regid', gid, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
  return spawn(
    'unshare',
    [
      // The /proc of bubblewrap has read-only parts, so no cell could be created in it. Compare systempaths=unconfined in compose.yaml.
      ...['--pid', '--fork', '--kill-child', '--mount-proc', 'bwrap'],
      ...['--ro-bind', join(world.images, stage), '/', '--dev', '/dev', '--bind', '/proc', '/proc'],
      ...service.tmpfs.flatMap((mount) => ['--perms', '1777', '--tmpfs', mount.split(':')[0]!]),
      ...['--ro-bind', join(world.docker, 'hosts'), '/etc/hosts', ...volumes],
      ...['--unshare-ipc', '--unshare-uts', '--clearenv'],
      ...Object.entries(env).flatMap(([key, value]) => ['--setenv', key, value]),
      ...['--chdir', image.cwd, '/usr/bin/setpriv', ...account, '--no-new-privs'],
      ...entrypoint,
      ...(extra.command ?? service.command),
    ],
    { stdio },
  );
}

function makeMountPoint(source: string, target: string): void {
  if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, '');
  }
}

/** Reads a file with lines of the form `NAME=value`. */
function readEnv(path: string): [string, string][] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
}

/** Sends SIGTERM to the program of a container and waits for its end. */
export async function stopContainer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const childrenOf = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const end = ended(child);
  // The processes are unshare, bubblewrap and the program. bubblewrap is the first process of the namespace, so it receives no signals.
  for (const program of childrenOf(child.pid!).flatMap(childrenOf)) process.kill(program, 'SIGTERM');
  await end;
}

export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
