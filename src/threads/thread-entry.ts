import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Set by the build (scripts/build.mjs): each thread is a separate file, named after its content. */
declare const THREAD_FILES: Readonly<Record<string, string>> | undefined;

/** What a thread is started with. */
export interface ThreadEntry {
  code: string | URL;
  eval: boolean;
}

/** The built file of a thread, or in development a line that loads `source`, its TypeScript. */
export function threadEntry(name: string, source: URL): ThreadEntry {
  if (typeof THREAD_FILES === 'undefined') {
    // The CommonJS half of that package does not find its own files; the other one is beside it.
    const found = createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
    const loader = pathToFileURL(found).href;
    return { code: `import('${loader}').then(({ register }) => (register(), import('${source.href}')));`, eval: true };
  }
  const file = THREAD_FILES[name];
  if (file === undefined) throw new Error(`The build made no file for the thread "${name}"`);
  const folder = import.meta.url.includes('/chunks/') ? './' : './chunks/';
  return { code: new URL(`${folder}${file}`, import.meta.url), eval: false };
}
