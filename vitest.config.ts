import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/helpers/long-first.ts';

export default defineConfig({
  test: {
    include: ['{src,test}/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    setupFiles: ['test/helpers/built-threads.ts'],
    // One process runs many files and loads each module once, which takes half the CPU time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two more than there are cores: many tests wait for a lease, a drain or a process to end.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongFirst },
  },
});
