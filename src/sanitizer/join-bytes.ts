import type { FileBytes } from './file-bytes.ts';
import { Rejected } from './verdicts.ts';

/** Presents several files as one file. No read may cross from one file to the next. */
export function joinBytes(files: readonly FileBytes[]): FileBytes {
  const ends: number[] = [];
  for (const { size } of files) ends.push((ends.at(-1) ?? 0) + size);
  const at = (position: number) => {
    const index = ends.findIndex((end) => position < end);
    const file = files[index];
    if (!file) throw new Rejected('invalid_media', 'ends before what it declares.');
    return { file, from: position - (ends[index]! - file.size) };
  };
  return {
    size: ends.at(-1) ?? 0,
    read(position, length) {
      const { file, from } = at(position);
      return file.read(from, length);
    },
    readInto(target, position) {
      const { file, from } = at(position);
      return file.readInto(target, from);
    },
    close: () => {},
  };
}
