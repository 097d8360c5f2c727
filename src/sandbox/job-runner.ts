import { hideArguments } from './cell/hidden-arguments.ts';
import { type RunContext, runProgram } from './cell/run.ts';
import type { ImageWatch } from './image/image-watch.ts';
import { PROGRAM_FILES, type Program, seenBy } from './programs/program.ts';
import { SandboxError } from './sandbox-error.ts';
import type { CellResult, CellSpec, SandboxOptions } from './types.ts';

export interface JobRunner {
  /** See `Sandbox.run`. */
  run(spec: CellSpec): Promise<CellResult>;
  /** Aborts every running cell, like the signal of the cell. */
  abort(): void;
}

interface Parts {
  context: RunContext;
  watch: ImageWatch;
  table: readonly Program[];
  /** Number of slots. Each slot runs one cell at a time. */
  slots: number;
  logger: SandboxOptions['logger'];
}

/** Returns a runner for the cells of jobs. Each cell uses the image that is current when the cell starts. */
export function jobRunner({ context, watch, table, slots, logger }: Parts): JobRunner {
  const running = new Map<number, AbortController>();
  return {
    async run(spec) {
      checkSlot(spec.slot);
      const program = programOf(spec);
      const controller = new AbortController();
      running.set(spec.slot, controller);
      warnOfNone(spec);
      const root = watch.lease();
      const hides = root.facts[program.name]?.readsArguments;
      const hidden = hides ? hideArguments(spec.args, context.tier.inside) : {};
      const signal = spec.signal ? AbortSignal.any([spec.signal, controller.signal]) : controller.signal;
      const { name, filter, usesRandomDevice: randomDevice = false, explain } = program;
      const { onProgress, ...given } = { ...spec, ...hidden, ...readProgress(program, spec), signal };
      try {
        const own = { program: `/usr/bin/${name}`, filter, randomDevice };
        const files = { sees: seenBy(program), opensFiles: opensFiles(program) };
        const result = await runProgram({ ...context, rootImage: root.path }, { ...given, ...own, ...files });
        const { version, package: packaged } = root.facts[name]!;
        return { ...result, build: { version, package: packaged }, explain: () => explain(result) };
      } finally {
        root.release();
        running.delete(spec.slot);
      }
    },
    abort() {
      for (const controller of running.values()) controller.abort();
    },
  };

  function programOf({ program: name }: CellSpec): Program {
    const program = table.find((one) => one.name === name);
    if (program && watch.current.facts[name]) return program;
    throw new SandboxError(`${name} is not installed here`, `Install ${name} on this machine`);
  }

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

function opensFiles({ files }: Program): boolean {
  return files.some((file) => 'to' in file && file.to.startsWith(`${PROGRAM_FILES}/`));
}

/** Returns a handler that reads the program's progress from its standard output, which the caller may also read. */
function readProgress({ progress }: Program, { onProgress, onStdout }: CellSpec): Pick<CellSpec, 'onStdout'> {
  if (!progress || !onProgress) return {};
  const reader = progress(onProgress);
  return {
    onStdout(chunk) {
      reader.feed(chunk);
      onStdout?.(chunk);
    },
  };
}
