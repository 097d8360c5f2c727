import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../docs/pages.ts';
import { imageConfig, parseDockerfile, type Stage } from './dockerfile.ts';

const DOCKER = join(ROOT, 'deploy/docker');
/** Package sources of this machine, which runs Debian 13 like the image `debian:trixie-slim`. */
const SOURCES = '/etc/apt/sources.list.d/debian.sources';

/**
 * Patterns of .dockerignore in the syntax of tar. A pattern with two asterisks matches below any folder, and a pattern without them only at
 * the root.
 */
const IGNORED = readFileSync(join(DOCKER, 'Dockerfile.dockerignore'), 'utf8')
  .split('\n')
  .filter(Boolean)
  .flatMap((pattern) =>
    pattern.startsWith('**/')
      ? ['--no-anchored', `--exclude=${pattern.slice(3)}`]
      : ['--anchored', `--exclude=./${pattern}`],
  );

export const stages = parseDockerfile(readFileSync(join(DOCKER, 'Dockerfile'), 'utf8'));

/**
 * Builds the root file systems of the Dockerfile's stages, each in a folder below `folder` with the name of its stage, on a Debian 13 that
 * debootstrap creates. Keeps existing root file systems. Needs root, debootstrap, bubblewrap and both registries.
 */
export function buildImages(folder: string): void {
  const base = join(folder, 'debian');
  if (!existsSync(join(base, SOURCES))) {
    const sources = readFileSync(SOURCES, 'utf8');
    const mirror = /^URIs: *(\S+)/m.exec(sources)?.[1];
    if (!mirror) throw new Error(`${SOURCES} names no mirror`);
    run('debootstrap', ['--variant=minbase', 'trixie', base, mirror]);
    writeFileSync(join(base, 'etc/apt/sources.list'), '');
    writeFileSync(join(base, SOURCES), sources);
  }
  for (const stage of stages) {
    const root = join(folder, stage.name);
    const made = `${root}.made`;
    if (existsSync(made)) continue;
    run('rm', ['-rf', root]);
    run('cp', ['-a', stages.some(({ name }) => name === stage.from) ? join(folder, stage.from) : base, root]);
    buildStage(folder, stage);
    writeFileSync(made, '');
  }
}

function buildStage(folder: string, stage: Stage): void {
  const root = join(folder, stage.name);
  const before = imageConfig(stages, stage.from);
  let cwd = before.cwd;
  for (const { instruction, text } of stage.steps) {
    if (instruction === 'WORKDIR') {
      cwd = text;
      mkdirSync(join(root, cwd), { recursive: true });
    } else if (instruction === 'RUN') runInside(root, cwd, text);
    else if (instruction === 'COPY') copy(folder, root, cwd, text);
  }
}

/** Runs a build command as root of the image, with this machine's network, registry and certificate authorities. */
function runInside(root: string, cwd: string, command: string): void {
  const npmrc = join(homedir(), '.npmrc');
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_registry|https?_proxy|no_proxy)$/i.test(name),
  );
  const settings = existsSync(npmrc) ? ['--ro-bind', npmrc, '/root/.npmrc'] : [];
  const authorities = process.env.NODE_EXTRA_CA_CERTS || process.env.TEST_REGISTRY_CERTS;
  if (authorities)
    settings.push(
      '--ro-bind',
      authorities,
      '/run/authorities.pem',
      '--setenv',
      'NODE_EXTRA_CA_CERTS',
      '/run/authorities.pem',
    );
  run('bwrap', [
    ...['--bind', root, '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/run', '--tmpfs', '/root'],
    ...['--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf', '--ro-bind', '/etc/hosts', '/etc/hosts'],
    ...['--clearenv', ...settings, '--setenv', 'HOME', '/root', '--setenv', 'DEBIAN_FRONTEND', 'noninteractive'],
    ...['--setenv', 'PATH', imageConfig(stages, 'debian').env.PATH!],
    ...passed.flatMap(([name, value]) => ['--setenv', name, value!]),
    ...['--chdir', cwd, '/bin/sh', '-c', command],
  ]);
}

/** Executes `COPY [--from=STAGE] SOURCE... TARGET`: copies files, or the contents of a folder, as Docker does. */
function copy(folder: string, root: string, cwd: string, text: string): void {
  const words = text.split(/\s+/);
  const from = words[0]!.startsWith('--from=') ? words.shift()!.slice('--from='.length) : null;
  const target = join(root, words.at(-1)!.startsWith('/') ? '' : cwd, words.pop()!);
  for (const word of words) {
    const source = from ? join(folder, from, word) : join(ROOT, word);
    if (run('test', ['-d', source], [0, 1]) === 0) {
      mkdirSync(target, { recursive: true });
      const options = from ? [] : ['--owner=0', '--group=0', ...IGNORED];
      const script = 'source=$1 target=$2; shift 2; tar -C "$source" "$@" -cf - . | tar -C "$target" -xpf -';
      run('bash', ['-o', 'pipefail', '-c', script, 'bash', source, target, ...options]);
    } else run('cp', ['-a', source, target]);
  }
}

function run(program: string, args: readonly string[], allowed: readonly number[] = [0]): number {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  if (!allowed.includes(status!)) throw new Error(`${program} ${args.at(-1)} ended with ${status}`);
  return status!;
}
