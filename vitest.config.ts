import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { runtimeFlags } from './src/cli/v8-options.ts';
import { FileOrder } from './test/helpers/file-order.ts';
import { pureTests } from './test/helpers/pure-tests.ts';

const TESTS = ['{src,test}/**/*.test.ts'];
const pure = pureTests();
/**
 * Every project has its own processes, each of which loads the product. `./airlock test` has a build, so its pure tests run
 * in the processes of the others.
 */
const isTogether = process.env.TEST_BUILT !== undefined && !process.argv.some((word) => word.startsWith('--project'));

export default defineConfig({
  test: {
    // One process runs many files and loads each module once, which takes half the CPU time.
    isolate: false,
    // Most code of a test runs for milliseconds. With these flags, the processes need an eighth less CPU time. Helper threads for garbage
    // collection would cost another 7 %, because every core already has a test to run.
    execArgv: [...runtimeFlags('test'), '--single-threaded-gc'],
    env: {
      // A build of FFmpeg would take the processors from the tests.
      AIRLOCK_FFMPEG_BUILD: 'off',
      // With the certificates of a distribution, this variable costs each Node.js process 28 ms. Tests connect only to loopback. Tests that
      // install packages use the other variable.
      NODE_EXTRA_CA_CERTS: '',
      TEST_REGISTRY_CERTS: process.env.TEST_REGISTRY_CERTS ?? process.env.NODE_EXTRA_CA_CERTS ?? '',
    },
    // Twice the default of `until`, whose error says what did not happen.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two more than there are cores: many tests wait for a lease, a drain or a process to end.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: FileOrder },
    projects: [
      // Without a build, PostgreSQL, FFmpeg and root: `npx vitest run --project pure` works on a fresh checkout.
      { extends: true, test: { name: 'pure', include: isTogether ? [] : pure } },
      {
        extends: true,
        test: {
          name: 'system',
          include: TESTS,
          exclude: isTogether ? [] : pure,
          globalSetup: ['test/helpers/global-setup.ts'],
          setupFiles: ['test/helpers/built-threads.ts'],
        },
      },
    ],
  },
});
