import { parentPort } from 'node:worker_threads';
import type { FontLibrary } from '../../text-render/index.ts';
import { PURE_TASKS, type TaskMessage, toAnswer } from './tasks.ts';

/* Runs in the thread. Performs one task at a time, and sends a response to each task. An unexpected error ends the thread. */

/** The fonts of this machine, located once per thread. Font files are read when a text needs them. */
let fonts: FontLibrary | null = null;

parentPort!.on('message', (message: TaskMessage) => {
  perform(message)
    .then((result) => ({ result }), toAnswer)
    .then((outcome) => parentPort!.postMessage(outcome));
});

async function perform(message: TaskMessage): Promise<unknown> {
  if (message.name !== 'draw' && message.name !== 'fonts')
    return (PURE_TASKS[message.name] as (input: unknown) => unknown)(message.input);
  // Load HarfBuzz only on demand: it is WebAssembly of 5 MB, which most jobs never need.
  const { drawLayer, missingFonts, openFonts } = await import('../../text-render/index.ts');
  fonts ??= openFonts();
  return message.name === 'draw' ? drawLayer(message.input.layer, fonts) : missingFonts(message.input.fonts, fonts);
}
