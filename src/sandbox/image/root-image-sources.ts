import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { SandboxError } from '../sandbox-error.ts';

/** A file on the host and its path in the image. `size` in bytes, `mtimeMs` as returned by `stat`. */
interface SourceFile {
  from: string;
  to: string;
  size: number;
  mtimeMs: number;
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
  for (const [to, from] of await libraries(Object.values(programs))) files.set(to, from);
  listFonts(FONT_FOLDER, files, watched, new Set());
  return {
    files: [...files].map(([to, from]) => {
      const { size, mtimeMs } = statSync(from);
      return { from, to, size, mtimeMs };
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
