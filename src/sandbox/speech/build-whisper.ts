import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../host/commands.ts';
import { compilation, compileWhisper, type Optimization } from './compile-whisper.ts';
import { runStep } from './run-step.ts';
import { SpeechError } from './speech-error.ts';
import { WHISPER_SOURCE } from './whisper-source.ts';

/** The npm package with the sources of whisper.cpp 1.9.1 (MIT), and the package's integrity. */
const PACKAGE = { name: 'nodejs-whisper', version: '0.3.1', file: 'nodejs-whisper-0.3.1.tgz' };
const SHA512 = 'ceoilUVraRuR5FnNyXpGQT2auAR48Oc3AQBEmkXnVpSn9iN6yVRzQBFCqVTGWbk6Wdi95NhvwXNzFvuR7erLWw==';
const SOURCES = 'package/cpp/whisper.cpp';

/**
 * Matches the line before which a guard is inserted. whisper.cpp before 1.9.3 writes beyond an array when a tensor claims more than four
 * dimensions. The loader of models and the loader of voice activity models contain this line.
 */
const UNGUARDED = /^( *)int32_t ne\[4\] = \{ 1, 1, 1, 1 \};/gm;
const GUARD = '$1if (n_dims < 1 || n_dims > 4) return {};\n$&';
const GUARDED_PLACES = 2;

/** Tools of the build, with the packages of Debian that contain them. */
const TOOLS: Readonly<Record<string, string>> = { gcc: 'gcc', 'g++': 'g++', tar: 'tar' };

export interface BuildTools {
  /** Finds a system program. Returns null if it is missing. */
  find: (name: string) => string | null;
  /** Reports each step to the operator. */
  onStep?: (step: string) => void;
  optimization: Optimization;
}

/** Identifies the program that this recipe builds on this processor. */
export function whisperRecipe(): string {
  const recipe = { PACKAGE, SHA512, WHISPER_SOURCE, compilation: compilation() };
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
}

/**
 * Builds whisper.cpp as a single static program at `target`. npm downloads the sources, which must equal the sources with which this
 * release was tested. Throws `SpeechError`.
 */
export async function buildWhisper(
  target: string,
  { find = findProgram, onStep, optimization = '-O3' }: Partial<BuildTools> = {},
): Promise<void> {
  const tools = requireTools(find);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-whisper-'));
  try {
    onStep?.('Downloading the sources of whisper.cpp');
    const sources = await fetchSources(folder, tools);
    onStep?.('Compiling whisper.cpp, which takes a minute');
    const { gcc, 'g++': gxx } = tools;
    const program = await compileWhisper(folder, sources, { gcc: gcc!, gxx: gxx!, optimization });
    await mkdir(dirname(target), { recursive: true });
    await copyFile(program, `${target}.new`);
    await chmod(`${target}.new`, 0o555);
    await rename(`${target}.new`, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function requireTools(find: BuildTools['find']): Record<string, string> {
  const found = Object.keys(TOOLS).map((name) => [name, find(name)] as const);
  const missing = found.flatMap(([name, path]) => (path === null ? [TOOLS[name]!] : []));
  if (missing.length > 0) {
    const list = missing.join(' ');
    throw new SpeechError(`the build of whisper.cpp needs ${missing.join(', ')}`, `Run apt-get install ${list}`);
  }
  const npm = find('npm') ?? join(dirname(process.execPath), 'npm');
  return { ...Object.fromEntries(found), npm } as Record<string, string>;
}

/** Fetches the sources and inserts the guard. Returns the folder of the sources. */
async function fetchSources(folder: string, { npm, tar }: Record<string, string>): Promise<string> {
  const { name, version, file } = PACKAGE;
  // Download the archive, without running its scripts.
  await runStep(
    'fetch the sources from npm',
    npm!,
    ['pack', `${name}@${version}`, '--pack-destination', folder, '--ignore-scripts'],
    folder,
  );
  const archive = join(folder, file);
  const sum = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (sum !== SHA512) {
    throw new SpeechError(
      `the package ${name}@${version} has the SHA-512 ${sum}, not ${SHA512}`,
      'Do not use the package. Check which registry npm uses',
    );
  }
  await runStep('unpack the sources', tar!, ['xzf', archive, '-C', folder, SOURCES], folder);
  const sources = join(folder, SOURCES);
  await guardLoader(join(sources, 'src/whisper.cpp'));
  return sources;
}

async function guardLoader(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const places = text.match(UNGUARDED)?.length ?? 0;
  if (places !== GUARDED_PLACES)
    throw new SpeechError(
      'the sources of whisper.cpp differ from the tested sources',
      'Report this error to the developers of Airlock',
    );
  await writeFile(path, text.replace(UNGUARDED, GUARD));
}
