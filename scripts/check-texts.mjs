// Fails the build if a program would read one of its files differently than esbuild, Vite or the documentation wrote it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT = /\.(js|mjs|css|html|json|svg|map|txt|xml)$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Checks that each program reads the text that was written. Node, browsers and the API read UTF-8. The loader of the program reads chunks
 * with its own function.
 * @param readChunk the function of the loader, which reads a path
 * @param chunks names of the files below `folder` that the loader reads
 * @throws if a file is not UTF-8, or if `readChunk` returns another text
 */
export function requireSameTexts(folder, files, readChunk, chunks) {
  const own = new Set(chunks);
  for (const file of files.filter((name) => TEXT.test(name))) {
    const path = join(folder, file);
    const text = decode(readFileSync(path), file);
    if (own.has(file) && readChunk(path) !== text)
      throw new Error(`The loader would misread ${file}: it reads no UTF-8.`);
  }
}

function decode(bytes, file) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error(`${file} is not UTF-8.`);
  }
}
