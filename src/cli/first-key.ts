import { basename, join } from 'node:path';
import { bold, dim } from './style.ts';

/** The first key of an installation: the key itself, or the path of its file. */
export type FirstKey = { text: string } | { file: string };

/** Where the first key is put when no terminal can show it: one line, readable to the service's account alone. */
export function firstKeyFile(dataDir: string): string {
  return join(dataDir, 'first-key');
}

/** A file directly in the data directory, by the name that the directory has for people. */
export function shownPath(file: string): string {
  const shown = process.env.AIRLOCK_SHOWN_DATA_DIR;
  return shown ? join(shown, basename(file)) : file;
}

/** Lines for standard error. They contain the key only when it was not written to a file. */
export function describeFirstKey(key: FirstKey, url: string): string[] {
  if ('text' in key) {
    return [
      `  API key   ${bold(key.text)}`,
      `            ${dim('It is shown this once; make others with ./airlock keys create --name NAME')}`,
      '',
      `  Try       curl -s ${url}/v1/transcodes -H 'Authorization: Bearer ${key.text}'`,
    ];
  }
  const path = shellWord(shownPath(key.file));
  return [
    `  API key   in ${bold(path)}`,
    `            ${dim('It may do everything. Copy it to where it is needed, then delete the file.')}`,
    '',
    `  Try       curl -s ${url}/v1/transcodes -H "Authorization: Bearer $(cat ${path})"`,
  ];
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
