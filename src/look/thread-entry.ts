import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Set by the build (scripts/build.mjs): the thread is a file of its own, named after its content. */
declare const LOOK_THREAD_FILE: string | undefined;

/** What a thread is started with: the built file, or in development a line that loads the TypeScript. */
export function threadEntry(): { code: string | URL; eval: boolean } {
  if (typeof LOOK_THREAD_FILE === 'undefined') {
    // The CommonJS half of that package does not find its own files; the other one stands beside it.
    const found = createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
    const [loader, url] = [pathToFileURL(found).href, new URL('./look-thread.ts', import.meta.url).href];
    return { code: `import('${loader}').then(({ register }) => (register(), import('${url}')));`, eval: true };
  }
  const folder = import.meta.url.includes('/chunks/') ? './' : './chunks/';
  return { code: new URL(`${folder}${LOOK_THREAD_FILE}`, import.meta.url), eval: false };
}
