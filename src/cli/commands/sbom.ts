import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { projectRoot } from '../../config/root.ts';
import { ffmpeg } from '../../sandbox/programs/ffmpeg.ts';
import { SandboxError } from '../../sandbox/sandbox-error.ts';
import { findTrimmedFfmpeg } from '../ffmpeg-paths.ts';
import { readStatus, withDependencies } from '../sbom/debian.ts';
import { type MachinePackages, type NpmPackages, sbomDocument } from '../sbom/document.ts';

/** Debian packages with programs that Airlock runs. FONTS are the packages with the fonts that Airlock uses. */
const PROGRAMS = ['bubblewrap', 'ffmpeg', 'fontconfig', 'nodejs', 'pocketsphinx', 'postgresql-17', 'util-linux'];
const FONTS = ['fonts-dejavu-core', 'fonts-liberation', 'fonts-noto-cjk', 'fonts-noto-color-emoji', 'fonts-noto-core'];

/** Prints the components of this installation, for scanners of vulnerabilities and licenses. */
export async function sbomCommand(config: Config): Promise<void> {
  const npm = JSON.parse(await readFile(join(projectRoot(), 'dist', 'sbom.json'), 'utf8')) as NpmPackages;
  const document = sbomDocument(npm, await machinePackages(config), { id: randomUUID(), time: new Date() });
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

async function machinePackages(config: Config): Promise<MachinePackages> {
  const installed = readStatus(await readIfPresent('/var/lib/dpkg/status'));
  const trimmed = (await findTrimmedFfmpeg(config)).path();
  const path = findFfmpeg(config.ffmpeg ?? trimmed);
  const own = path !== null && path !== ffmpeg.debian?.path;
  // With a trimmed build, the list still contains the package, because Airlock may run the FFmpeg of the package again.
  const isReplaced = own && path !== trimmed;
  const programs = PROGRAMS.filter((name) => installed.has(name) && !(isReplaced && name === 'ffmpeg'));
  return {
    system: installed.size > 0 ? await readSystem() : null,
    debian: withDependencies(installed, [...programs, ...FONTS]),
    programs,
    others: [...(own ? [await readBuild(path)] : []), ...(installed.has('nodejs') ? [] : [ownNode()])],
  };
}

/** Returns the path of FFmpeg; null on a machine without FFmpeg, such as a machine that runs only the API. */
function findFfmpeg(configured: string | null): string | null {
  try {
    return ffmpeg.find(configured ?? undefined, {});
  } catch (error) {
    if (error instanceof SandboxError) return null;
    throw error;
  }
}

/** Describes a build of FFmpeg. A trimmed build names its source package in the file `BUILD`. */
async function readBuild(path: string): Promise<MachinePackages['others'][number]> {
  const build = await readIfPresent(join(dirname(dirname(path)), 'BUILD'));
  const source = /^source package: ffmpeg (\S+)$/m.exec(build)?.[1] ?? null;
  return { name: 'ffmpeg', version: source ?? 'unknown', source };
}

function ownNode(): MachinePackages['others'][number] {
  return { name: 'node', version: process.versions.node, source: null };
}

/** Returns the name and version of the distribution, from os-release(5). */
async function readSystem(): Promise<{ id: string; version: string }> {
  const text = await readIfPresent('/etc/os-release');
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1];
  return { id: value('ID') ?? 'debian', version: value('VERSION_ID') ?? 'unknown' };
}

/** Returns the contents of a file, or an empty text if the file does not exist. */
async function readIfPresent(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
