import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../run.ts';

/** A file that a case sends. Equal keys mean equal bytes, so a file is made once and kept across runs. */
export interface Source {
  key: string;
  extension: string;
  /** Returns the bytes of the file. `folder` is a temporary folder that is removed afterwards. */
  make(folder: string): Promise<Uint8Array>;
}

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'airlock-audit');
const LIMITS = { timeout: 300_000, maxBuffer: 2 ** 28 };

const hash = (...parts: (string | Uint8Array)[]) => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
};

/**
 * Describes a file that FFmpeg writes. `args` are the arguments before the name of the output.
 * @param inputs files by name. `{name}` in an argument becomes the path of the file
 */
export function encoded(
  extension: string,
  args: readonly string[],
  inputs: Readonly<Record<string, Uint8Array | Source>> = {},
): Source {
  const parts = Object.entries(inputs).flatMap(([name, input]) => [name, 'key' in input ? input.key : input]);
  return {
    key: hash('encoded', extension, JSON.stringify(args), ...parts),
    extension,
    async make(folder) {
      const paths = new Map<string, string>();
      for (const [name, input] of Object.entries(inputs)) {
        const path = join(folder, 'key' in input ? `${name}.${input.extension}` : name);
        await writeFile(path, 'key' in input ? await readFile(await makeSource(input)) : input);
        paths.set(name, path);
      }
      const target = join(folder, `made.${extension}`);
      const filled = args.map((arg) => arg.replace(/\{(\w+)\}/g, (found, name) => paths.get(name) ?? found));
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...filled, target], LIMITS);
      return readFile(target);
    },
  };
}

/** Describes a file with bytes that `edit` makes of other sources. `edit` must depend on nothing else than `name` and these sources. */
export function edited(name: string, sources: readonly Source[], edit: (...files: Buffer[]) => Uint8Array): Source {
  return {
    key: hash('edited', name, edit.toString(), ...sources.map(({ key }) => key)),
    extension: sources[0]!.extension,
    async make() {
      const files: Buffer[] = [];
      for (const source of sources) files.push(await readFile(await makeSource(source)));
      return edit(...files);
    },
  };
}

export function literal(extension: string, bytes: Uint8Array): Source {
  return { key: hash('literal', extension, bytes), extension, make: async () => bytes };
}

const making = new Map<string, Promise<string>>();

/** Returns the path of a source, and makes the file if the cache does not contain it. */
export function makeSource(source: Source): Promise<string> {
  const found = making.get(source.key) ?? makeOnce(source);
  making.set(source.key, found);
  return found;
}

async function makeOnce(source: Source): Promise<string> {
  const path = join(FOLDER, `${source.key}.${source.extension}`);
  const isKept = await access(path).then(
    () => true,
    () => false,
  );
  if (isKept) return path;
  const folder = await mkdtemp(join(tmpdir(), 'airlock-audit-'));
  try {
    const bytes = await source.make(folder);
    await mkdir(FOLDER, { recursive: true });
    const staged = join(FOLDER, randomBytes(8).toString('hex'));
    await writeFile(staged, bytes);
    await rename(staged, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}
