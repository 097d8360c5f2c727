import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The file of each thread, by the thread's name. Set by the build (scripts/build.mjs), which bundles each thread into a separate file with
 * a content hash.
 */
declare const THREAD_FILES: Readonly<Record<string, string>> | undefined;

/** Arguments for `new Worker`. */
export interface ThreadEntry {
  code: string | URL;
  eval: boolean;
}

/** Returns the built file of a thread. In development, returns code that loads `source`, the TypeScript file of the thread. */
export function threadEntry(name: string, source: URL): ThreadEntry {
  if (typeof THREAD_FILES === 'undefined') {
    // The CommonJS build of tsx does not find its own files. The ES module is in the same folder.
    const found = createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
    const loader = pathToFileURL(found).href;
    return { code: `import('${loader}').then(({ register }) => (register(), import('${source.href}')));`, eval: true };
  }
  const file = THREAD_FILES[name];
  if (file === undefined) throw new Error(`The build has no file for the thread "${name}".`);
  const folder = import.meta.url.includes('/chunks/') ? './' : './chunks/';
  return { code: new URL(`${folder}${file}`, import.meta.url), eval: false };
}
