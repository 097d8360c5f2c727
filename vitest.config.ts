import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/helpers/long-first.ts';

const NODE24 = 'test/deploy/node24.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/helpers/global-setup.ts'],
    setupFiles: ['test/helpers/built-threads.ts'],
    // One process runs many files and loads each module once, which takes half the CPU time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than there are cores: many tests wait for a lease, a drain or a process to end.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'suite', include: ['{src,test}/**/*.test.ts'], exclude: [NODE24] } },
      // Runs part of the suite again, when it is done.
      { extends: true, test: { name: 'node24', include: [NODE24], sequence: { groupOrder: 1 } } },
    ],
  },
});
