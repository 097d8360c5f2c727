import type { Config } from '../../config/config.ts';
import { readReadyFile } from '../../supervisor/ready-file.ts';
import { EXIT, UsageError } from '../exit.ts';
import { KEYS_PATH, problemOf, readKeys, readSigned } from '../signed-document.ts';
import { red } from '../style.ts';

/** Verifies a saved receipt or manifest. Without `keys`, the keys are requested from the server of AIRLOCK_URL or the local server. */
export async function verifyReceiptCommand(config: Config, path: string, options: { keys?: string }): Promise<number> {
  const signed = await readSigned(path);
  const problem = problemOf(signed, await readKeys(options.keys ?? (await serverKeys(config))));
  if (problem) {
    process.stderr.write(`${red('airlock:')} ${problem}.\n`);
    return EXIT.failed;
  }
  const { type, job_id, transcode_id, complete, complete_at } = signed.value;
  const id = job_id ?? transcode_id;
  const subject = id ? ` for ${id}` : '';
  process.stdout.write(`Good signature of key ${signed.by.key_id}: ${type}${subject}\n`);
  if (complete === false) {
    const when = complete_at ? ` Request a new one after ${complete_at}.` : '';
    process.stdout.write(`The receipt states that the deletion was not complete when it was issued.${when}\n`);
  }
  return EXIT.ok;
}

async function serverKeys(config: Config): Promise<string> {
  const server = process.env.AIRLOCK_URL || (await readReadyFile(config.dataDir))?.api;
  if (!server) throw new UsageError('Name the keys to trust with --keys: a file, or the address of a server.');
  return server.replace(/\/+$/, '') + KEYS_PATH;
}
