import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './exit.ts';
import { plain } from './table.ts';

/** Returns the JSON value in a file, or on standard input if `file` is `-`. Throws `UsageError`. */
export async function readJsonFile<T>(file: string): Promise<T> {
  const source = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8').catch(() => null);
  if (source === null) throw new UsageError(`${file} does not exist or cannot be read.`);
  try {
    return JSON.parse(source) as T;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${plain((error as Error).message)}`);
  }
}
