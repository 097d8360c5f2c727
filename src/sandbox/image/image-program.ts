import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { elfInterpreter } from './elf-interpreter.ts';

/** How a program of the root image is started where the image is not `/`. */
export interface ImageProgram {
  /** The one file that is executed, on the host. */
  executed: string;
  /** What comes before the program's own arguments. */
  prefix: string[];
}

/**
 * Started through the image's own dynamic loader, so that every library comes from the image and none from the host. A
 * static program needs no loader.
 */
export function imageProgram(rootImage: string, program: string): ImageProgram {
  const path = join(rootImage, program);
  const interpreter = elfInterpreter(path);
  if (interpreter === null) return { executed: path, prefix: [path] };
  const loader = join(rootImage, interpreter);
  return {
    executed: loader,
    prefix: [
      loader,
      '--inhibit-cache',
      '--library-path',
      libraryFolders(rootImage).join(':'),
      '--argv0',
      program,
      path,
    ],
  };
}

/** `usr/lib` and the folder of the architecture in it; an image has no others with libraries. */
function libraryFolders(rootImage: string): string[] {
  const lib = join(rootImage, 'usr/lib');
  const folders = readdirSync(lib, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(lib, entry.name));
  return [...folders.filter((folder) => existsSync(join(folder, 'libc.so.6'))), lib];
}
