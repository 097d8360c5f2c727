import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chmod, chown, constants, copyFile, link, lstat, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SandboxError } from '../sandbox-error.ts';
import { CELL_GID, type CellAccount } from './account.ts';
import { removeTree } from './remove-tree.ts';

/** The folder of one job: `in/` is read-only, and of `out/` the job can write the files that were made for it, no others. */
export interface Cell {
  folder: string;
  input: string;
  output: string;
  /** Names of the files in `output`. */
  outputs: readonly string[];
  /** Inputs that could not be linked into `input` and lie elsewhere: bound one by one, or reached through a link. */
  binds: { name: string; path: string }[];
  /** Inputs that may be started: the self-test's programs, never those of a job. */
  executables: string[];
  remove(): Promise<void>;
}

/** A short file that is written into `in/`. */
export interface CellText {
  name: string;
  text: string;
}

/** What lies in a cell from its start. */
export interface CellFiles {
  inputs: readonly { name: string; path: string; executable?: boolean }[];
  texts?: readonly CellText[];
  outputs: readonly string[];
}

/** No separators, no leading dot or dash: such a name can be neither a path nor an option. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/;

/**
 * Makes the folder, puts the inputs in (by hard link, never world-readable) and makes the outputs, empty. `RLIMIT_FSIZE`
 * bounds a file and nothing bounds a folder, so the job may make no file there (docs/decisions/0016). Modes follow the account:
 * with one (service is root) the folders admit its group and the outputs belong to its uid; without, all is private to us.
 * Throws `SandboxError` for an input that is not a plain file.
 */
export async function makeCell(
  owner: string,
  account: CellAccount | null,
  { inputs, texts = [], outputs }: CellFiles,
  outside: 'bind' | 'link' = 'bind',
): Promise<Cell> {
  const folder = join(owner, randomUUID());
  const cell: Cell = {
    folder,
    input: join(folder, 'in'),
    output: join(folder, 'out'),
    outputs,
    binds: [],
    executables: inputs.filter(({ executable }) => executable).map(({ name }) => name),
    async remove() {
      // Without root's rights the folder has to be opened before it can be emptied.
      if (existsSync(cell.output)) chmodSync(cell.output, 0o700);
      await removeTree(folder);
    },
  };
  // At once, not by way of the thread pool, where microseconds of work would wait behind copies and look-ups.
  mkdirSync(folder, { mode: 0o700 });
  try {
    mkdirSync(cell.input, { mode: 0o700 });
    mkdirSync(cell.output, { mode: 0o700 });
    for (const input of inputs) await addInput(cell, account, input, outside);
    for (const text of texts) addText(cell, account, text);
    for (const name of outputs) addOutput(cell, account, name);
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

async function addInput(
  cell: Cell,
  account: CellAccount | null,
  { name, path, executable }: { name: string; path: string; executable?: boolean },
  outside: 'bind' | 'link',
): Promise<void> {
  if (!FILE_NAME.test(name)) throw new SandboxError('an input has an unsafe name', 'Name inputs 0, 1, 2 …');
  const stats = await lstat(path).catch((cause: unknown) => {
    throw new SandboxError(`input ${name} is not there`, 'Fetch it again', { cause });
  });
  // link() would link a symbolic link itself, and it could point anywhere.
  if (!stats.isFile()) throw new SandboxError(`input ${name} is not a plain file`, 'Pass the file itself');
  const place = join(cell.input, name);
  // As root the mode of the linked file is changed, so only files that Airlock owns are linked.
  const mayLink = account === null || stats.uid === 0;
  const linked =
    mayLink &&
    (await link(path, place).then(
      () => true,
      () => false,
    ));
  if (!linked) {
    if (await mayBind(path, account)) {
      // bwrap needs something to mount upon, and cannot make it in a read-only folder.
      if (outside === 'bind') await writeFile(place, '', { mode: 0o400 });
      else await symlink(path, place);
      cell.binds.push({ name, path });
      return;
    }
    await copyFile(path, place, constants.COPYFILE_FICLONE);
  }
  if (account) {
    await chown(place, linked ? stats.uid : 0, CELL_GID);
    await chmod(place, executable ? 0o750 : 0o640);
  }
}

/** Another file system: bwrap can bind the file where it lies if the cell's account can reach and read it. */
async function mayBind(path: string, account: CellAccount | null): Promise<boolean> {
  if (account === null) return true;
  if (((await stat(path)).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
