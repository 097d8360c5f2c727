import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { elfInterpreter } from './elf-interpreter.ts';

/** The command that starts a program of the root image where the image is not mounted as `/`. */
export interface ImageProgram {
  /** Host path of the file to execute. */
  executed: string;
  /** Arguments before the program's own arguments. */
  prefix: string[];
}

/**
 * Returns the command that starts the program through the image's own dynamic loader, so that every library comes from the image and none
 * from the host. A static program needs no loader.
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

/** Returns the folders with libraries: `usr/lib` and its architecture folder. An image has no other folders with libraries. */
function libraryFolders(rootImage: string): string[] {
  const lib = join(rootImage, 'usr/lib');
  const folders = readdirSync(lib, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(lib, entry.name));
  return [...folders.filter((folder) => existsSync(join(folder, 'libc.so.6'))), lib];
}
