import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../host/commands.ts';
import { aptConfiguration, buildSources, type SourceList } from './apt-sources.ts';
import { TrimmedBuildError } from './build-error.ts';
import { BUILD_PACKAGES } from './recipe.ts';
import type { Steps } from './steps.ts';

const APT = '/etc/apt';

/** Links in the root to folders of `/usr`. Packages of releases before the merge of `/usr` contain files in both folders. */
const LINKS: readonly string[] = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Mount points of the compiler's cell, which cannot create mount points in a read-only root. */
const MOUNTS: readonly string[] = ['build', 'dev', 'proc', 'tmp'];

/** Options of `tar` that skip parts of packages that the build does not read. */
const UNUSED = ['doc', 'info', 'lintian', 'locale', 'man'].map((name) => `--exclude=./usr/share/${name}`);

/** Absolute paths of the distribution's tools. */
interface Apt {
  aptGet: string;
  dpkgDeb: string;
  tar: string;
  /** Configuration file that confines apt to the folder of the build. */
  configuration: string;
}

/** Configures apt to work in a folder of the build. The machine's own lists, cache and packages do not change. */
export async function openApt(folder: string): Promise<Apt> {
  const [aptGet, dpkgDeb, tar] = ['apt-get', 'dpkg-deb', 'tar'].map((name) => findProgram(name));
  if (!aptGet || !dpkgDeb || !tar) throw new TrimmedBuildError('impossible', 'this system has no apt');
  if (/["\\\n]/.test(folder))
    throw new TrimmedBuildError('impossible', 'apt cannot use the path of the data directory');
  const sources = buildSources(readLists());
  if (sources.length === 0) throw new TrimmedBuildError('impossible', 'apt has no signed archive');
  for (const name of ['sources.list.d', 'no-preferences', 'state/lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, name), { recursive: true });
  const configuration = join(folder, 'apt.conf');
  const old = sources.find(({ name }) => name === 'sources.list');
  await writeFile(join(folder, 'sources.list'), old?.text ?? '');
  for (const { name, text } of sources) {
    if (name !== 'sources.list') await writeFile(join(folder, 'sources.list.d', name), text);
  }
  // Without installed packages, apt downloads everything that the build needs, even packages that this machine has.
  await writeFile(join(folder, 'state/status'), '');
  await writeFile(configuration, aptConfiguration(folder));
  return { aptGet, dpkgDeb, tar, configuration };
}

function readLists(): SourceList[] {
  const folder = join(APT, 'sources.list.d');
  const parts = readNames(folder).filter((name) => /^[\w.-]+\.(?:list|sources)$/.test(name));
  return [
    { name: 'sources.list', text: readText(join(APT, 'sources.list')) },
    ...parts.map((name) => ({ name, text: readText(join(folder, name)) })),
  ];
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Downloads compilers and headers, and unpacks them into `root`. Runs no script of a package. apt checks the signature of the archive and
 * the hash of every file.
 */
export async function makeRoot(steps: Steps, apt: Apt, folder: string, root: string): Promise<void> {
  const config = ['-c', apt.configuration];
  const later = { program: apt.aptGet, onFailure: 'later' } as const;
  await steps.run({ what: 'read the package lists', args: [...config, 'update'], ...later });
  const names = ['--download-only', '--yes', '--no-install-recommends', 'install', ...BUILD_PACKAGES];
  const download = (options: string[]) =>
    steps.run({ what: 'download the compilers', args: [...config, ...options, ...names], ...later });
  // Preferences of the machine can exclude the compilers. The machine does not install these compilers, so its preferences need not apply.
  await download([]).catch(async () => {
    await steps.waitWhilePaused();
    return download(noPreferences(folder));
  });
  for (const name of LINKS) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const name of MOUNTS) await mkdir(join(root, name));
  const archives = join(folder, 'cache/archives');
  const packed = join(folder, 'package.tar');
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb'))) {
    const read = ['--fsys-tarfile', join(archives, name)];
    const unpack = ['-x', '--keep-directory-symlink', '--no-same-owner', ...UNUSED, '-C', root, '-f', packed];
    await steps.run({ what: `read ${name}`, program: apt.dpkgDeb, args: read, into: packed, onFailure: 'later' });
    await steps.run({ what: `unpack ${name}`, program: apt.tar, args: unpack, onFailure: 'later' });
    await rm(join(archives, name));
  }
  await rm(packed, { force: true });
  // Create the alternative that the scripts of the package mawk would create on Debian.
  await symlink('mawk', join(root, 'usr/bin/awk')).catch(() => {});
}

function noPreferences(folder: string): string[] {
  const none = join(folder, 'no-preferences');
  return ['-o', `Dir::Etc::Preferences=${join(none, 'file')}`, '-o', `Dir::Etc::PreferencesParts=${none}`];
}

/** Downloads the source package into `folder`. Returns its version and the name of its `.dsc` file. */
export async function fetchSource(steps: Steps, apt: Apt, folder: string): Promise<{ dsc: string; version: string }> {
  await mkdir(folder, { recursive: true });
  const args = ['-c', apt.configuration, '--download-only', '--only-source', 'source', 'ffmpeg'];
  await steps.run({ what: 'download the source', program: apt.aptGet, args, cwd: folder, onFailure: 'later' });
  const dsc = readdirSync(folder).find((name) => name.endsWith('.dsc'));
  const version = dsc && /^Version: (\S+)$/m.exec(readFileSync(join(folder, dsc), 'utf8'))?.[1];
  if (!dsc || !version) throw new TrimmedBuildError('later', 'apt downloaded no source package of FFmpeg');
  return { dsc, version };
}
