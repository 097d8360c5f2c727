import { parentPort } from 'node:worker_threads';
import type { FontLibrary } from '../../text-render/index.ts';
import { PURE_TASKS, type TaskMessage, toAnswer } from './tasks.ts';

/* Runs in the thread: one task at a time, with a response for each. An unexpected error ends the thread. */

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
  // HarfBuzz is WebAssembly, 5 MB that most jobs never need.
  const { drawLayer, missingFonts, openFonts } = await import('../../text-render/index.ts');
  fonts ??= openFonts();
  return message.name === 'draw' ? drawLayer(message.input.layer, fonts) : missingFonts(message.input.fonts, fonts);
}
