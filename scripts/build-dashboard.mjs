// Builds web/ with Vite. The name of every file except the pages contains a hash of its contents, and compressed copies are next to it, so
// the API only has to send files.
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';
import config from '../web/vite.config.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '..', 'web');
/** Size in bytes below which a file is not compressed, because headers would cost more than compression saves. */
const MIN_BYTES = 512;

/** Builds into the folder `outDir` and returns the names of the files in its `assets`. */
export async function buildDashboard(outDir) {
  await build({ ...config, configFile: false, root: web, logLevel: 'warn', build: { ...config.build, outDir } });
  const assets = join(outDir, 'assets');
  const names = readdirSync(assets);
  const compressed = await Promise.all(names.map((name) => compress(join(assets, name), name)));
  return [...names, ...compressed.flat()];
}

async function compress(path, name) {
  const bytes = readFileSync(path);
  if (bytes.length < MIN_BYTES) return [];
  const copies = [
    ['br', promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })],
    ['gz', promisify(gzip)(bytes, { level: 9 })],
  ];
  for (const [ending, work] of copies) await writeFile(`${path}.${ending}`, await work);
  return copies.map(([ending]) => `${name}.${ending}`);
}
