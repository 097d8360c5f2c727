import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isOnlyOurs } from '../config/prepared-files.ts';
import { type PostgresBinaries, postgresRelease } from './postgres-binaries.ts';
import { APP_DATABASE, passwordStatements } from './postgres-roles.ts';
import { runTool } from './run-tool.ts';
import type { Secrets } from './secrets.ts';
import { runSingleUser } from './single-user.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account, SupervisorLogger } from './types.ts';

/*
 * A template is a new cluster with the schema of the application, as a tar archive in the installation's `.build` folder. A first start
 * unpacks the template instead of running initdb and every migration. The roles of a template have no password, so no client can log in to
 * a copy before the copy has its own passwords.
 */

/** The template to use, and the SQL that each copy needs in addition. */
export interface TemplateUse {
  /** Folder of the templates: `<installation>/.build/postgres`. */
  folder: string;
  /** Hexadecimal hash of all sources of the schema and its privileges. */
  schema: string;
  /** SQL that each copy runs in the application's database. Each entry is one line without `;`. */
  statements: readonly string[];
}

/**
 * Returns the start of the template's path, without the size and the extension. The name identifies everything that the content depends on.
 */
export async function templatePrefix({ folder, schema }: TemplateUse): Promise<string> {
  return join(folder, `${await postgresRelease()}-${process.arch}-${schema.slice(0, 32)}`);
}

/** Returns the path of a template. The path contains the size in bytes, which reveals an incomplete file. */
export function templatePath(prefix: string, bytes: number): string {
  return `${prefix}.${bytes}.tar`;
}

const SIZE = /\.(\d+)\.tar$/;

/**
 * Opens the template, which only root or the account of this process can have written. Resolves to null if there is no template.
 * @throws SupervisorError if another account could have changed the template, or if the template is incomplete
 */
export async function openTemplate(use: TemplateUse): Promise<FileHandle | null> {
  const path = await findTemplate(use);
  if (path === null) return null;
  for (const folder of [dirname(use.folder), use.folder]) requireTrusted(folder, await lstat(folder), 'folder');
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const info = await file.stat();
    requireTrusted(path, info, 'file');
    if (info.size !== Number(SIZE.exec(path)?.[1]))
      throw new SupervisorError(`${path} has ${info.size} bytes`, `Delete ${path}`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Finds the path of the template without checking whether the template can be trusted. Resolves to null if there is no template. */
export async function findTemplate(use: TemplateUse): Promise<string | null> {
  const names = await readdir(use.folder).catch(() => []);
  if (names.length === 0) return null;
  const prefix = await templatePrefix(use);
  const found = names.map((name) => join(use.folder, name)).find((path) => path.replace(SIZE, '') === prefix);
  return found ?? null;
}

function requireTrusted(path: string, info: Stats, kind: 'file' | 'folder'): void {
  const isRight = kind === 'file' ? info.isFile() : info.isDirectory();
  if (isRight && isOnlyOurs(info)) return;
  throw new SupervisorError(`other accounts can change ${path}`, `Delete ${path}`);
}

/** Creates a folder that only its owner can write to, or restricts an existing folder of this account in the same way. */
export async function makeTrustedFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await lstat(folder)).uid === process.getuid!()) await chmod(folder, 0o755);
}

/** The properties of the new cluster that are needed to unpack a template. */
interface CopyTarget {
  binaries: PostgresBinaries;
  account: Account | null;
  secrets: Secrets;
}

/**
 * Fills the empty folder `data` with a copy of the template, without flushing the copy to the disk. Resolves to false if there is no
 * template. If the template cannot be used, logs the error and resolves to false.
 */
export async function copyTemplate(
  use: TemplateUse | null,
  data: string,
  target: CopyTarget,
  logger: SupervisorLogger,
): Promise<boolean> {
  if (!use) return false;
  try {
    const template = await openTemplate(use);
    if (!template) return false;
    await unpackTemplate(template, use.statements, data, target).finally(() => template.close());
    return true;
  } catch (error) {
    logger.warn({ err: error }, 'cannot use the prepared database; creating one');
    return false;
  }
}

/**
 * Unpacks a template into the empty folder `data`, sets the passwords of `secrets`, and runs `statements`. Everything runs as the server's
 * account, so that an archive can write nothing that this account cannot write.
 * @throws SupervisorError if a program fails
 */
async function unpackTemplate(
  template: FileHandle,
  statements: readonly string[],
  data: string,
  { binaries, account, secrets }: CopyTarget,
): Promise<void> {
  await runTool('tar', ['-x', '-p', '-f', '-', '-C', data], { account, stdin: template.fd });
  const all = [...passwordStatements(secrets), ...statements];
  await runSingleUser({ data, binaries, account }, APP_DATABASE, all);
}
