import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runStep } from './run-step.ts';
import { WHISPER_SOURCE } from './whisper-source.ts';

/** Flags for every source. `-w` hides warnings, because a hash pins the sources, so an operator could not act on warnings. */
const COMMON: readonly string[] = [
  ...['-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', '-DNDEBUG', '-w'],
  ...['-D_GNU_SOURCE', '-DGGML_USE_CPU', '-DGGML_SCHED_MAX_COPIES=4'],
  ...['-DGGML_VERSION="0.15.1"', '-DGGML_COMMIT="unknown"', '-DWHISPER_VERSION="1.9.1"'],
];
const LINKING: readonly string[] = ['-static', '-s', '-Wl,--build-id=none,-z,noexecstack,-z,relro,-z,now'];
/** Folders with headers, relative to the folder of whisper.cpp. */
const INCLUDED: readonly string[] = ['include', 'src', 'ggml/include', 'ggml/src', 'ggml/src/ggml-cpu'];
/** The folder with sources that use the extensions of the processor. */
const CPU_FOLDER = 'ggml/src/ggml-cpu';

/** Sources that are compiled together, so that the compiler reads their common headers only once. */
interface Unit {
  /** File name of the unit. The extension names the language. */
  name: string;
  /** Folder of the sources, relative to the folder of whisper.cpp. */
  folder: string;
  sources: readonly string[];
}

/** Returns a unit that consists of one source. */
const singleSource = (folder: string, source: string): Unit => ({
  name: source.replaceAll('/', '-'),
  folder,
  sources: [source],
});

/** All units that the program links. The units that take longest to compile come first, so that no compiler runs alone at the end. */
const UNITS: readonly Unit[] = [
  singleSource('src', 'whisper.cpp'),
  {
    name: 'operations.cpp',
    folder: CPU_FOLDER,
    sources: ['ops.cpp', 'binary-ops.cpp', 'unary-ops.cpp', 'vec.cpp', 'traits.cpp', 'ggml-cpu.cpp'],
  },
  singleSource(CPU_FOLDER, 'repack.cpp'),
  {
    name: 'backends.cpp',
    folder: 'ggml/src',
    sources: [
      'ggml-backend.cpp',
      'ggml-backend-meta.cpp',
      'ggml-backend-reg.cpp',
      'ggml-backend-dl.cpp',
      'ggml-threading.cpp',
    ],
  },
  ...['ggml-quants.c', 'ggml.c', 'ggml-alloc.c'].map((source) => singleSource('ggml/src', source)),
  ...['ggml-cpu.c', 'quants.c'].map((source) => singleSource(CPU_FOLDER, source)),
];
/** Folders with sources for an architecture. */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86', arm64: 'arm' };
const ARCHITECTURE_SOURCES: readonly string[] = ['repack.cpp', 'quants.c'];

/** Extensions that ggml uses on x86-64 by default: the names of their flags in `/proc/cpuinfo`, and their names in ggml. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  ...{ sse4_2: 'SSE42', f16c: 'F16C', fma: 'FMA', bmi2: 'BMI2', avx: 'AVX', avx2: 'AVX2' },
};

/** Optimization level of the compiler. `-O1` needs half the time to compile, and suits a model of a few MB. */
export type Optimization = '-O1' | '-O3';

/** Identifies what the program is compiled from on this processor. */
export function compilation(): object {
  return { COMMON, LINKING, INCLUDED, units: allUnits(), flags: processorFlags(), arch: process.arch };
}

/**
 * Returns flags for the extensions that the processor has. If the program used another extension, it would end with an illegal instruction.
 */
function processorFlags(): string[] {
  if (ARCHITECTURES[process.arch] === undefined) return ['-DGGML_USE_CPU_REPACK', '-DGGML_CPU_GENERIC'];
  const flags = new Set(/^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
  const extensions = Object.entries(EXTENSIONS).filter(([flag]) => process.arch === 'x64' && flags.has(flag));
  const extensionFlags = extensions.flatMap(([flag, name]) => [`-m${flag.replace('_', '.')}`, `-DGGML_${name}`]);
  return ['-DGGML_USE_CPU_REPACK', ...extensionFlags];
}

/** Returns the units, with the sources for this architecture. */
function allUnits(): Unit[] {
  const folder = ARCHITECTURES[process.arch];
  if (folder === undefined) return [...UNITS];
  return [...UNITS, ...ARCHITECTURE_SOURCES.map((source) => singleSource(CPU_FOLDER, `arch/${folder}/${source}`))];
}

export interface Compilers {
  gcc: string;
  gxx: string;
  optimization: Optimization;
}

/**
 * Compiles the program of the cells from the sources of whisper.cpp, with one compiler for each processor at a time. CMake would use a
 * quarter more processor time, because its libraries contain sources that the program does not link. Throws `SpeechError`.
 *
 * @param folder for the object files
 * @param sources the folder of whisper.cpp
 * @returns the path of the program
 */
export async function compileWhisper(folder: string, sources: string, compilers: Compilers): Promise<string> {
  const { gcc, gxx, optimization } = compilers;
  const included = INCLUDED.map((name) => `-I${join(sources, name)}`);
  const common = [...COMMON, `-ffile-prefix-map=${folder}=/s`, ...included];
  const compile = async (name: string, text: string, flags: readonly string[]) => {
    const path = join(folder, name);
    await writeFile(path, text);
    const [compiler, standard] = name.endsWith('.c') ? [gcc, '-std=gnu11'] : [gxx, '-std=gnu++17'];
    await runStep(`compile ${name}`, compiler, [standard, ...flags, ...common, '-c', path, '-o', `${path}.o`], folder);
    return `${path}.o`;
  };
  const objects: string[] = [];
  const waiting = allUnits();
  const compileUnits = async () => {
    for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
      const { folder: below, name } = unit;
      const text = unit.sources.map((source) => `#include "${join(sources, below, source)}"\n`).join('');
      const flags = below === CPU_FOLDER ? [optimization, ...processorFlags()] : [optimization];
      objects.push(await compile(`unit-${name}`, text, flags));
    }
  };
  const stopAll = (error: unknown) => {
    waiting.length = 0;
    throw error;
  };
  // Wait until all compilers have ended, even if one has failed, because the caller then deletes the folder.
  const ends = await Promise.allSettled(
    Array.from({ length: availableParallelism() }, () => compileUnits().catch(stopAll)),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const main = await compile('worker.c', WHISPER_SOURCE, ['-O2']);
  const program = join(folder, 'whisper');
  const args = [...LINKING, '-o', program, main, ...objects.sort(), '-lpthread', '-lm'];
  await runStep('link the program of the cells', gxx, args, folder);
  return program;
}
