import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { SandboxError } from '../sandbox-error.ts';
import { ElfError, readElf } from './elf.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { stubLibrary } from './stub-library.ts';
import { isUnused } from './unused-libraries.ts';

/** A file on the host and its path in the image. `size` in bytes, `mtimeMs` as returned by `stat`. */
interface SourceFile {
  from: string;
  to: string;
  size: number;
  mtimeMs: number;
  /** The image contains a stub of this library, of the same size. */
  stub: boolean;
}

export interface ImageSources {
  files: SourceFile[];
  /** Host paths that are not in the image but determine its content: font folders, the loader's cache. */
  watched: { path: string; mtimeMs: number }[];
}

const FONT_FOLDER = '/usr/share/fonts';
const FONT_FILE = /\.(?:ttf|otf|ttc|otc|pfb|pcf(?:\.gz)?)$/i;
/** Cache of the host's dynamic loader: when it changes, the same library name may resolve to another file. */
const LOADER_CACHE = '/etc/ld.so.cache';

/** Lists the libraries of the programs (by `ldd`) and the fonts. Throws `SandboxError` for a missing library. */
export async function collectSources(programs: { ffmpeg: string; ffprobe: string }): Promise<ImageSources> {
  const files = new Map<string, string>([
    ['/usr/bin/ffmpeg', programs.ffmpeg],
    ['/usr/bin/ffprobe', programs.ffprobe],
  ]);
  const watched = new Set<string>([LOADER_CACHE]);
  const { real, stubs } = withoutUnused(Object.values(programs), await libraries(Object.values(programs)));
  for (const [to, from] of [...real, ...stubs]) files.set(to, from);
  listFonts(FONT_FOLDER, files, watched, new Set());
  return {
    files: [...files].map(([to, from]) => {
      const { size, mtimeMs } = statSync(from);
      return { from, to, size, mtimeMs, stub: stubs.has(to) };
    }),
    watched: [...watched].map((path) => ({ path, mtimeMs: modified(path) })),
  };
}

/** Modification time in milliseconds since 1970, or 0 when the path does not exist. */
export function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function libraries(programs: readonly string[]): Promise<Map<string, string>> {
  const ldd = findProgram('ldd');
  if (!ldd) throw new SandboxError('ldd is missing', 'Install the package libc-bin');
  const { stdout, stderr } = await runTool(ldd, programs);
  // ldd fails for a static build, which has no libraries.
  if (stdout === '' && !/not a dynamic executable/.test(stderr)) {
    throw new SandboxError(`ldd could not read ${programs.join(' and ')}`, 'Check that FFmpeg runs on this machine');
  }
  return parseLdd(stdout);
}

/**
 * Maps paths in the image to files on the host, from `ldd` output. All libraries go into libc's folder, where the
 * loader looks without a cache, so private folders (pulseaudio/) and alternatives (libblas) need no special case.
 */
export function parseLdd(output: string): Map<string, string> {
  const found = new Map<string, string>();
  const loaders: string[] = [];
  for (const line of output.split('\n')) {
    const missing = /^\s*(\S+) => not found/.exec(line);
    if (missing)
      throw new SandboxError(`FFmpeg needs ${missing[1]}, which is not installed`, 'Reinstall the ffmpeg package');
    const library = /^\s*(\S+) => (\/\S+) \(0x/.exec(line);
    if (library) found.set(basename(library[1]!), library[2]!);
    const loader = /^\s*(\/\S+) \(0x/.exec(line);
    if (loader) loaders.push(loader[1]!);
  }
  const libc = found.get('libc.so.6');
  const folder = libc ? merged(dirname(libc)) : '/usr/lib';
  const places = new Map([...found].map(([name, path]) => [join(folder, name), path]));
  for (const loader of loaders) places.set(merged(loader), loader);
  return places;
}

/**
 * Splits libraries into those that are needed as they are and those that no job uses, of which a stub is enough. What only
 * the latter need is in neither. Both map paths in the image to files on the host.
 */
export function withoutUnused(
  programs: readonly string[],
  found: ReadonlyMap<string, string>,
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
        const isStub = isUnused(name) && hasStub(scratch, library.from);
        (isStub ? stubs : real).set(library.to, library.from);
        if (!isStub) queue.push(library.from);
      }
    }
  } catch (error) {
    // A program for another kind of machine, perhaps: all libraries are as good as some.
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

/** Resolves `/lib…` to `/usr/lib…`, to which it is a link, in the image as on Debian. */
function merged(path: string): string {
  return /^\/(?:lib|lib64|bin)(?:\/|$)/.test(path) ? `/usr${path}` : path;
}

function listFonts(folder: string, files: Map<string, string>, watched: Set<string>, seen: Set<string>): void {
  let entries: Dirent[];
  let real: string;
  try {
    real = realpathSync(folder);
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  if (seen.has(real)) return;
  seen.add(real);
  watched.add(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Follows links (Debian links font folders to each other) and skips dead ones.
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) listFonts(path, files, watched, seen);
    else if (stats?.isFile() && FONT_FILE.test(entry.name)) files.set(path, path);
  }
}
