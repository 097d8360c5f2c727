import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PROGRAM_FILES } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { OutputDirectory } from '../types.ts';
import { CELL_GID, type CellAccount } from './account.ts';
import { removeTree } from './remove-tree.ts';

/**
 * The folder of one job. The job can only read `in/`. In `out/`, the job can write only the files, and fill only the directories, that were
 * created for it.
 */
export interface Cell {
  folder: string;
  input: string;
  output: string;
  /** Names of the files in `output`. */
  outputs: readonly string[];
  /** Directories in `output` that the job may fill. */
  directories: readonly OutputDirectory[];
  /** Inputs that could not be hard-linked into `input`. A tier bind-mounts each of these inputs or provides a symlink. */
  binds: { name: string; path: string }[];
  /** Inputs that may be executed: only programs of the self-test, never the inputs of a job. */
  executables: string[];
  remove(): Promise<void>;
}

/** A short file that is written into `in/`. */
export interface CellText {
  name: string;
  text: string;
}

/** The initial content of a cell. */
export interface CellFiles {
  inputs: readonly { name: string; path: string; executable?: boolean }[];
  texts?: readonly CellText[];
  outputs: readonly string[];
  /** Host folder with the program's files, for a tier that shows this folder through a link. */
  programFiles?: string | null;
  directories?: readonly OutputDirectory[];
}

/** Returns the names in `output` that the job may write to: files and directories. */
export function writablesOf({ outputs, directories }: Pick<Cell, 'outputs' | 'directories'>): string[] {
  return [...outputs, ...directories.map(({ name }) => name)];
}

/** Allows no separators and no leading dot or dash, so that a name is neither a path nor an option. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/;

/**
 * Creates the folder of a cell, hard-links the inputs (never world-readable), and creates the outputs empty. `RLIMIT_FSIZE` bounds a file
 * but no limit bounds a folder, so the job cannot create files (docs/decisions/0016). With an account (the service is root), the account's
 * group can traverse the folders and its uid owns the outputs. Without an account, only the service can use the folder. Throws
 * `SandboxError` for an unsafe name, and for an input that is not a regular file.
 */
export async function makeCell(
  owner: string,
  account: CellAccount | null,
  { inputs, texts = [], outputs, directories = [], programFiles = null }: CellFiles,
  outside: 'bind' | 'link' = 'bind',
): Promise<Cell> {
  const folder = join(owner, randomUUID());
  const cell: Cell = {
    folder,
    input: join(folder, 'in'),
    output: join(folder, 'out'),
    outputs,
    directories,
    binds: [],
    executables: inputs.filter(({ executable }) => executable).map(({ name }) => name),
    async remove() {
      // Without root, the folder must be writable before it can be emptied.
      if (existsSync(cell.output)) chmodSync(cell.output, 0o700);
      await removeTree(folder);
    },
  };
  // Synchronous: in the thread pool, these calls of a few microseconds would wait behind copies and DNS lookups.
  mkdirSync(folder, { mode: 0o700 });
  try {
    mkdirSync(cell.input, { mode: 0o700 });
    mkdirSync(cell.output, { mode: 0o700 });
    for (const input of inputs) await addInput(cell, account, input, outside);
    for (const text of texts) addText(cell, account, text);
    for (const name of outputs) addOutput(cell, account, name);
    for (const directory of directories) addDirectory(cell, account, directory);
    if (programFiles) symlinkSync(programFiles, join(folder, PROGRAM_FILES));
    for (const [path, forGroup, alone] of [
      [cell.input, 0o750, 0o700],
      [cell.output, 0o550, 0o500],
      [folder, 0o710, 0o700],
    ] as const) {
      if (account) chownSync(path, 0, account.gid);
      chmodSync(path, account ? forGroup : alone);
    }
    return cell;
  } catch (error) {
    await cell.remove();
    throw error;
  }
}

function addText(cell: Cell, account: CellAccount | null, { name, text }: CellText): void {
  const path = join(cell.input, name);
  writeFileSync(path, text, { mode: 0o400, flag: 'wx' });
  if (!account) return;
  chownSync(path, 0, account.gid);
  chmodSync(path, 0o440);
}

function addOutput(cell: Cell, account: CellAccount | null, name: string): void {
  if (!FILE_NAME.test(name)) throw new SandboxError('an output has an unsafe name', 'Name outputs output.mp4 …');
  const path = join(cell.output, name);
  writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
  if (account) chownSync(path, account.uid, account.gid);
}

function addDirectory(cell: Cell, account: CellAccount | null, { name, directories = [] }: OutputDirectory): void {
  for (const part of [name, ...directories]) {
    if (!FILE_NAME.test(part)) throw new SandboxError('a directory has an unsafe name', 'Name directories tree, low …');
  }
  for (const path of [name, ...directories.map((part) => join(name, part))].map((part) => join(cell.output, part))) {
    mkdirSync(path, { mode: 0o700 });
    if (account) chownSync(path, account.uid, account.gid);
  }
}

async function addInput(
  cell: Cell,
  account: CellAccount | null,
  { name, path, executable }: { name: string; path: string; executable?: boolean },
  outside: 'bind' | 'link',
): Promise<void> {
  if (!FILE_NAME.test(name)) throw new SandboxError('an input has an unsafe name', 'Name inputs 0, 1, 2 …');
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) throw new SandboxError(`input ${name} does not exist`, 'Fetch it again');
  // link() would link a symbolic link itself, whose target could be any file.
  if (!stats.isFile()) throw new SandboxError(`input ${name} is not a regular file`, 'Pass the file itself');
  const target = join(cell.input, name);
  // As root, linking changes the mode of the original file, so only files that Airlock owns are linked.
  const mayLink = account === null || stats.uid === 0;
  const linked = mayLink && tryLink(path, target);
  if (!linked) {
    if (mayBind(path, account)) {
      // bwrap needs a mount point, and cannot create a mount point in a read-only folder.
      if (outside === 'bind') writeFileSync(target, '', { mode: 0o400 });
      else symlinkSync(path, target);
      cell.binds.push({ name, path });
      return;
    }
    await copyFile(path, target, constants.COPYFILE_FICLONE);
  }
  if (account) {
    chownSync(target, linked ? stats.uid : 0, CELL_GID);
    chmodSync(target, executable ? 0o750 : 0o640);
  }
}

function tryLink(path: string, target: string): boolean {
  try {
    linkSync(path, target);
    return true;
  } catch {
    // The target is on another file system, or the file system has no hard links.
    return false;
  }
}

/** Whether a tier can show a file in the cell without a copy, because the cell's account can reach and read the file. */
function mayBind(path: string, account: CellAccount | null): boolean {
  if (account === null) return true;
  if ((statSync(path).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
