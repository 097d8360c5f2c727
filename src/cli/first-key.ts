import { basename, join } from 'node:path';
import { bold, dim } from './style.ts';

/** The first key of an installation, or the path of the file that contains it. */
export type FirstKey = { text: string } | { file: string };

/**
 * Returns the path of the file for the first key if no terminal can show the key. The file has one line, and only the service's account can
 * read it.
 */
export function firstKeyFile(dataDir: string): string {
  return join(dataDir, 'first-key');
}

/** Returns the path to show for a file that is directly in the data directory. The launcher may have mounted the directory elsewhere. */
export function shownPath(file: string): string {
  const shown = process.env.AIRLOCK_SHOWN_DATA_DIR;
  return shown ? join(shown, basename(file)) : file;
}

/** Returns lines for standard error. They contain the key only if the key was not written to a file. */
export function describeFirstKey(key: FirstKey, url: string): string[] {
  if ('text' in key) {
    return [
      `  API key   ${bold(key.text)}`,
      `            ${dim('It is shown only once; create others with ./airlock keys create --name NAME')}`,
      '',
      `  Try       curl -s ${url}/v1/transcodes -H 'Authorization: Bearer ${key.text}'`,
    ];
  }
  const path = shellWord(shownPath(key.file));
  return [
    `  API key   in ${bold(path)}`,
    `            ${dim('It has the scopes transcode, upload, read and admin. Copy it to where it is needed, then delete the file.')}`,
    '',
    `  Try       curl -s ${url}/v1/transcodes -H "Authorization: Bearer $(cat ${path})"`,
  ];
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
