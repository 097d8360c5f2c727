import { parentPort } from 'node:worker_threads';
import type { FontLibrary } from '../text/index.ts';
import { PURE_TASKS, type TaskMessage, toAnswer } from './tasks.ts';

/* The thread's side: one task at a time, an answer for each. What is not expected ends the thread. */

/** The fonts of this machine, found once a thread: their files are read as texts need them. */
let fonts: FontLibrary | null = null;

parentPort!.on('message', (message: TaskMessage) => {
  perform(message)
    .then((result) => ({ result }), toAnswer)
    .then((answer) => parentPort!.postMessage(answer));
});

async function perform(message: TaskMessage): Promise<unknown> {
  if (message.name !== 'draw' && message.name !== 'fonts')
    return (PURE_TASKS[message.name] as (of: unknown) => unknown)(message.of);
  // HarfBuzz is WebAssembly, 5 MB that most jobs never need.
  const { drawLayer, missingFonts, openFonts } = await import('../text/index.ts');
  fonts ??= openFonts();
  return message.name === 'draw' ? drawLayer(message.of.layer, fonts) : missingFonts(message.of.fonts, fonts);
}
