import { hideArguments } from './cell/hidden-arguments.ts';
import { type RunContext, runProgram } from './cell/run.ts';
import type { ImageWatch } from './image/image-watch.ts';
import { SandboxError } from './sandbox-error.ts';
import type { CellResult, CellSpec, SandboxOptions } from './types.ts';

export interface JobRunner {
  /** See `Sandbox.run`. */
  run(spec: CellSpec): Promise<CellResult>;
  /** Aborts every running cell, as its own signal would. */
  abort(): void;
}

interface Parts {
  context: RunContext;
  watch: ImageWatch;
  /** Number of slots; each runs one cell at a time. */
  slots: number;
  logger: SandboxOptions['logger'];
}

/** Runs the cells of jobs, each in the current image. */
export function jobRunner({ context, watch, slots, logger }: Parts): JobRunner {
  const running = new Map<number, AbortController>();
  return {
    async run(spec) {
      checkSlot(spec.slot);
      const controller = new AbortController();
      running.set(spec.slot, controller);
      warnOfNone(spec);
      const root = watch.hold();
      const hides = root.facts.readsArguments && spec.program === 'ffmpeg';
      const hidden = hides ? hideArguments(spec.args, context.tier.inside) : {};
      const signal = spec.signal ? AbortSignal.any([spec.signal, controller.signal]) : controller.signal;
      try {
        return await runProgram(
          { ...context, rootImage: root.path },
          { ...spec, ...hidden, program: `/usr/bin/${spec.program}`, signal },
        );
      } finally {
        root.release();
        running.delete(spec.slot);
      }
    },
    abort() {
      for (const controller of running.values()) controller.abort();
    },
  };

  function checkSlot(slot: number): void {
    if (!Number.isInteger(slot) || slot < 0 || slot >= slots) {
      throw new RangeError(`slot ${slot} is not one of the ${slots} slots of this sandbox`);
    }
    if (running.has(slot)) throw new SandboxError(`slot ${slot} already runs a cell`, 'Use another slot');
  }

  function warnOfNone({ program, slot }: CellSpec): void {
    if (context.tier.name !== 'none') return;
    logger?.warn({ program, slot }, 'NO SANDBOX: this job runs with the privileges of the service');
  }
}
