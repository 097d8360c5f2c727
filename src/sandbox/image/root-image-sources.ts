import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { RANDOM_DEVICE } from '../host/random-device.ts';
import type { ImagePart, ProgramPaths, SharedFile } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { ElfError, readElf } from './elf.ts';
import { elfInterpreter } from './elf-interpreter.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { stubLibrary } from './stub-library.ts';

/** A file on the host, and its path in the image. `size` is in bytes, and `mtimeMs` is as `stat` returns it. */
interface SourceFile {
  from: string;
  to: string;
  size: number;
  mtimeMs: number;
  /** Whether the image contains a stub of this library, which has the same size. */
  stub: boolean;
  /** The SHA-256 that the copy in the image must have. Absent if any content is allowed. */
  sha256?: string;
}

export interface ImageSources {
  files: SourceFile[];
  texts: { to: string; text: string }[];
  /** Host paths that are not in the image but determine its content: font folders and the loader's cache. */
  watched: { path: string; mtimeMs: number }[];
}

/** Cache of the host's dynamic loader. When it changes, the same library name may resolve to another file. */
const LOADER_CACHE = '/etc/ld.so.cache';

/**
 * Lists what an image contains: the programs, their libraries (by `ldd`) and their files. Throws `SandboxError` for a missing library or
 * file.
 * @param parts the programs at `paths`; other programs of the table are not installed
 */
export async function collectSources(parts: readonly ImagePart[], paths: ProgramPaths): Promise<ImageSources> {
  const files = new Map(parts.map(({ name }) => [`/usr/bin/${name}`, paths[name]!]));
  // The cell mounts the device on this file, because bwrap cannot create a file in a read-only root.
  const texts: ImageSources['texts'] = [{ to: RANDOM_DEVICE, text: '' }];
  const sums = new Map<string, string>();
  const watched = new Set<string>([LOADER_CACHE]);
  for (const { name, libraries } of parts) {
    if (libraries === 'static') requireStatic(name, paths[name]!);
  }
  const { real, stubs } = await collectLibraries(parts, paths);
  for (const [to, from] of [...real, ...stubs]) files.set(to, from);
  for (const file of parts.flatMap((part) => part.files)) {
    if ('text' in file) texts.push(file);
    else if ('folder' in file) listFolder(file.folder, file.match, { files, watched, seen: new Set() });
    else addFile(file, files);
    if ('sha256' in file && file.sha256) sums.set(file.to, file.sha256);
  }
  return {
    files: [...files].map(([to, from]) => {
      const { size, mtimeMs } = statSync(from);
      const sha256 = sums.get(to);
      return { from, to, size, mtimeMs, stub: stubs.has(to), ...(sha256 && { sha256 }) };
    }),
    texts,
    watched: [...watched].map((path) => ({ path, mtimeMs: modified(path) })),
  };
}

function requireStatic(name: string, path: string): void {
  if (elfInterpreter(path) === null) return;
  throw new SandboxError(`${name} at ${path} is not a static program`, `Install a static build of ${name}`);
}

function addFile({ from, to }: Extract<SharedFile, { from: string }>, files: Map<string, string>): void {
  if (!statSync(from, { throwIfNoEntry: false })?.isFile()) {
    throw new SandboxError(`${from} does not exist, or is not a regular file`, 'Install it again');
  }
  files.set(to, from);
}

/**
 * Finds the libraries of the programs. A library is a stub if no program of the image uses it. Programs with the same list of unused
 * libraries are read together.
 */
async function collectLibraries(parts: readonly ImagePart[], paths: ProgramPaths) {
  const groups = new Map<readonly RegExp[], string[]>();
  for (const { name, libraries } of parts) {
    if (libraries === 'static') continue;
    groups.set(libraries.unused, [...(groups.get(libraries.unused) ?? []), paths[name]!]);
  }
  const real = new Map<string, string>();
  const stubs = new Map<string, string>();
  for (const [unused, programs] of groups) {
    const split = withoutUnused(programs, await libraries(programs), unused);
    for (const [to, from] of split.real) real.set(to, from);
    for (const [to, from] of split.stubs) stubs.set(to, from);
  }
  for (const to of real.keys()) stubs.delete(to);
  return { real, stubs };
}

/** Returns the modification time in milliseconds since 1970, or 0 if the path does not exist. */
export function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function libraries(programs: readonly string[]): Promise<Map<string, string>> {
  const ldd = findProgram('ldd');
  if (!ldd) throw new SandboxError('ldd is missing', 'Install the package libc-bin');
  const { stdout, stderr } = await runTool(ldd, programs);
  // ldd fails for a static build, because it has no libraries.
  if (stdout === '' && !/not a dynamic executable/.test(stderr)) {
    throw new SandboxError(`ldd could not read ${programs.join(' and ')}`, 'Check that they run on this machine');
  }
  return parseLdd(stdout);
}

/**
 * Maps paths in the image to files on the host, from `ldd` output. All libraries are placed in libc's folder, where the loader looks
 * without a cache, so private folders (pulseaudio/) and alternatives (libblas) need no special case.
 */
export function parseLdd(output: string): Map<string, string> {
  const found = new Map<string, string>();
  const loaders: string[] = [];
  let program = 'a program';
  for (const line of output.split('\n')) {
    program = /^(\/\S.*):$/.exec(line)?.[1] ?? program;
    const missing = /^\s*(\S+) => not found/.exec(line);
    if (missing)
      throw new SandboxError(`${program} needs ${missing[1]}, which is not installed`, 'Reinstall its package');
    const library = /^\s*(\S+) => (\/\S+) \(0x/.exec(line);
    if (library) found.set(basename(library[1]!), library[2]!);
    const loader = /^\s*(\/\S+) \(0x/.exec(line);
    if (loader) loaders.push(loader[1]!);
  }
  const libc = found.get('libc.so.6');
  const folder = libc ? merged(dirname(libc)) : '/usr/lib';
  const targets = new Map([...found].map(([name, path]) => [join(folder, name), path]));
  for (const loader of loaders) targets.set(merged(loader), loader);
  return targets;
}

/**
 * Splits libraries into libraries that programs need unchanged and libraries that no job uses, for which a stub is enough. Libraries that
 * only the unused libraries need are in neither map. Both maps have paths in the image as keys and files on the host as values.
 */
export function withoutUnused(
  programs: readonly string[],
  found: ReadonlyMap<string, string>,
  unused: readonly RegExp[],
): { real: Map<string, string>; stubs: Map<string, string> } {
  const byName = new Map([...found].map(([to, from]) => [basename(to), { to, from }]));
  const real = new Map([...found].filter(([to]) => basename(to).startsWith('ld-')));
  const stubs = new Map<string, string>();
  const queue = [...programs];
  const scratch = openScratch();
  try {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      for (const name of readElf(scratch.read(path)).needed) {
        const library = byName.get(name);
        if (!library || real.has(library.to) || stubs.has(library.to)) continue;
        const isStub = unused.some((pattern) => pattern.test(name)) && hasStub(scratch, library.from);
        (isStub ? stubs : real).set(library.to, library.from);
        if (!isStub) queue.push(library.from);
      }
    }
  } catch (error) {
    // Include all libraries unchanged if, for example, the program was built for another kind of machine.
    if (error instanceof ElfError) return { real: new Map(found), stubs: new Map() };
    throw error;
  }
  return { real, stubs };
}

function hasStub(scratch: Scratch, path: string): boolean {
  try {
    stubLibrary(scratch.read(path));
    return true;
  } catch (error) {
    if (error instanceof ElfError) return false;
    throw error;
  }
}

/** Resolves `/lib…` to `/usr/lib…`, because `/lib` is a link to `/usr/lib` in the image, as on Debian. */
function merged(path: string): string {
  return /^\/(?:lib|lib64|bin)(?:\/|$)/.test(path) ? `/usr${path}` : path;
}

function listFolder(
  folder: string,
  match: RegExp,
  into: { files: Map<string, string>; watched: Set<string>; seen: Set<string> },
): void {
  let entries: Dirent[];
  let real: string;
  try {
    real = realpathSync(folder);
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  if (into.seen.has(real)) return;
  into.seen.add(real);
  into.watched.add(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Follow links (Debian links font folders to each other), and skip links without a target.
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) listFolder(path, match, into);
    else if (stats?.isFile() && match.test(entry.name)) into.files.set(path, path);
  }
}
