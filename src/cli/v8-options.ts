/**
 * Limits the space for young objects, in MB per half. V8 lets this space grow to 48 MB while a program loads, and rarely shrinks it. With 1
 * MB per half, the idle roles together use 40 MB less and start as fast. The launcher also starts `up` with this option.
 */
const SEMI_SPACE = '--max-semi-space-size';
const SMALL_HEAP = `${SEMI_SPACE}=1`;
/**
 * The API allocates the most memory, because every request is short-lived. With 4 MB per half, the API accepts 20% more jobs per second of
 * CPU, and uses 5 MB more memory.
 */
const API_HEAP = `${SEMI_SPACE}=4`;
/**
 * Under load, requests outlive the collections of young objects. V8 collects old objects only when they have grown to several times the
 * size in use: 180 MB of garbage with 40 MB in use. With these options, V8 starts the first such collection at 64 MB, and each later
 * collection when the heap is 50% larger than after the last one.
 */
const PROMPT_COLLECTION = ['--initial-old-space-size=64', '--heap-growing-percent=50'];
/** Whether V8 counts bytecode. In later releases of Node.js, V8 counts calls and prints an error for `--interrupt-budget`. */
const COUNTS_BYTECODE = process.version.startsWith('v20.');
/** Provides `gc()`, which `collectWhenIdle` needs. */
const COLLECTABLE = '--expose-gc';
/** Threads for collecting the small heap of a worker cost more than they save, and compete with FFmpeg for its cores. */
const NO_GC_THREADS = '--single-threaded-gc';

const OF_ROLE: Readonly<Record<string, readonly string[]>> = {
  api: [API_HEAP, ...PROMPT_COLLECTION, COLLECTABLE],
  worker: [SMALL_HEAP, NO_GC_THREADS],
};

/** Returns the options of Node.js for a process of this role. The units in `deploy/systemd` repeat them. */
export function v8Options(role: string): readonly string[] {
  return OF_ROLE[role] ?? [SMALL_HEAP];
}

/**
 * Returns the options of the role, in addition to the options with which this process was started. The role's size of the space for young
 * objects replaces the size of this process.
 */
export function nodeOptions(role: string, own: readonly string[]): string[] {
  return [...own.filter((option) => !option.startsWith(SEMI_SPACE)), ...v8Options(role)];
}

/**
 * Returns the V8 flags that the loader sets in a process of this role, so that files that start the role need not contain them.
 * V8 optimizes a function after the function has used three budgets of executed bytecode. A budget is 66 KiB by default. A worker or
 * gateway runs its functions for a few jobs a second. In the first hundreds of jobs, the compiler uses more time than its code saves
 * (docs/decisions/0062-v8-optimizes-later.md). The API may handle hundreds of requests a second, so it benefits from optimized code sooner.
 */
export function runtimeFlags(role: string | undefined): string[] {
  return COUNTS_BYTECODE ? [`--interrupt-budget=${role === 'api' ? 200_000 : 1_000_000}`] : [];
}
