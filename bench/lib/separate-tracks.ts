import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { createOut, openBytes } from '../../src/sanitizer/file-bytes.ts';
import { readMovie } from '../../src/sanitizer/isobmff/read-movie.ts';
import { writeMovie } from '../../src/sanitizer/isobmff/write-movie.ts';

/** Copies an MP4 file so that the data of each track is contiguous. FFmpeg cannot write such a file. */
export function separateTracks(source: string, target: string): void {
  const [apart, staged] = [`${target}.data`, `${target}.${process.pid}`];
  const file = openBytes(source);
  try {
    const movie = readMovie(file);
    const data = openSync(apart, 'w');
    let at = 0;
    for (const { samples } of movie.tracks) {
      const { chunks } = samples;
      for (let chunk = 0; chunk < chunks.count; chunk++) {
        const bytes = Buffer.from(file.read(chunks.offsets[chunk]!, chunks.bytes[chunk]!));
        writeSync(data, bytes);
        chunks.offsets[chunk] = at;
        at += bytes.length;
      }
    }
    closeSync(data);
    const separated = openBytes(apart);
    const out = createOut(staged);
    writeMovie(movie, separated, out, null);
    out.close();
    separated.close();
    renameSync(staged, target);
  } finally {
    file.close();
    rmSync(apart, { force: true });
    rmSync(staged, { force: true });
  }
}
