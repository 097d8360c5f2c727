import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkModel, type ModelFacts } from './check-model.ts';
import { SpeechError } from './speech-error.ts';

/** A file that was checked during installation. If it has changed since then, it is not used. */
export interface InstalledFile {
  /** Path in the folder of the program and the models. */
  file: string;
  sha256: string;
  bytes: number;
}

/** The contents of `installed.json`. */
export interface InstalledSpeech {
  v: 1;
  /** Null until the program is built. */
  program: InstalledFile | null;
  models: Record<string, InstalledFile>;
  /** The name of the most recently installed model. */
  current: string | null;
}

/** Returns the folder of the program and the models in the data directory. */
export function speechFolder(dataDir: string): string {
  return join(dataDir, 'speech');
}

const NOTHING: InstalledSpeech = { v: 1, program: null, models: {}, current: null };

export function readInstalled(folder: string): InstalledSpeech {
  let text: string;
  try {
    text = readFileSync(join(folder, 'installed.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
    throw error;
  }
  const value = JSON.parse(text) as InstalledSpeech;
  if (value.v !== 1)
    throw new SpeechError('the speech models were installed by a newer release', 'Install the models again');
  return value;
}

async function writeInstalled(folder: string, value: InstalledSpeech): Promise<void> {
  const path = join(folder, 'installed.json');
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

/** Records the program that was built at `path`, which must be in `folder`. */
export async function recordProgram(folder: string, path: string): Promise<void> {
  const program = { file: basename(path), sha256: hashNow(path), bytes: statSync(path).size };
  await writeInstalled(folder, { ...readInstalled(folder), program });
}

export interface ModelToInstall {
  /** Path of the operator's file. */
  file: string;
  /** The SHA-256 that the publisher of the model states, as 64 hex digits. */
  sha256: string;
  /** Defaults to the file name without prefix and extension: `base-q8_0` for `ggml-base-q8_0.bin`. */
  name?: string;
}

/** Copies a model into the folder, checks the hash and the structure of the copy, and makes the copy read-only. Throws `SpeechError`. */
export async function installModel(
  folder: string,
  model: ModelToInstall,
): Promise<{ name: string; facts: ModelFacts }> {
  const name = model.name ?? modelName(model.file);
  if (!MODEL_NAME.test(name)) {
    throw new SpeechError(
      `"${name.slice(0, 60)}" is not a valid name for a model`,
      'Pass a --name of letters, digits, dots, dashes and underscores',
    );
  }
  if (!/^[0-9a-f]{64}$/i.test(model.sha256)) {
    throw new SpeechError('--sha256 is not a SHA-256', 'Pass the 64 hex digits that the publisher of the model states');
  }
  if (!statSync(model.file, { throwIfNoEntry: false })?.isFile()) {
    throw new SpeechError(`${model.file} does not exist or is not a file`, 'Pass the path of a ggml-….bin file');
  }
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const target = join(folder, `${name}.bin`);
  const copy = `${target}.new`;
  await rm(copy, { force: true });
  try {
    await copyFile(model.file, copy);
    const sha256 = hashNow(copy);
    if (sha256 !== model.sha256.toLowerCase()) {
      throw new SpeechError(
        `the model has the SHA-256 ${sha256}, not ${model.sha256.toLowerCase()}`,
        'Download the model again, or compare --sha256 with the hash that the publisher states',
      );
    }
    const checked = checkModel(copy);
    if (!checked.ok) throw new SpeechError(`the model ${checked.reason}`, 'Use another model');
    await chmod(copy, 0o444);
    await rename(copy, target);
    const installed = readInstalled(folder);
    const entry = { file: basename(target), sha256, bytes: checked.facts.sizeBytes };
    await writeInstalled(folder, { ...installed, models: { ...installed.models, [name]: entry }, current: name });
    return { name, facts: checked.facts };
  } finally {
    await rm(copy, { force: true });
  }
}

/** Valid names of models. A name is also part of the capabilities of workers. */
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;

function modelName(file: string): string {
  return basename(file)
    .replace(/\.bin$/i, '')
    .replace(/^ggml-/, '');
}

const hashes = new Map<string, { identity: string; sha256: string }>();

/**
 * Returns the SHA-256 of a file, or null if there is no file. Reads the file again only if it may have changed: programs cannot set
 * `ctime`.
 */
export function hashOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (!stats?.isFile()) return null;
  const identity = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
  const known = hashes.get(path);
  if (known?.identity === identity) return known.sha256;
  const sha256 = hashNow(path);
  hashes.set(path, { identity, sha256 });
  return sha256;
}

const CHUNK_BYTES = 4 * 2 ** 20;

function hashNow(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk))
      hash.update(chunk.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
