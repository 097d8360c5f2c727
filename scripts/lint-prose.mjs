// Checks the prose of the pages (documentation, README, changelog), and the words of every text in the code. Errors, settings, help and
// options are also checked on the pages that scripts/docs.ts generates from them. Arguments select single files.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultsOf, wordFaultsOf } from './prose/rules.mjs';
import { sentencesOf, textsOf } from './prose/sentences.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const CODE = /^(?:src|web\/src|sdk\/src)\/(?!.*\.test\.).*\.tsx?$/;
/** Records of decisions and measurements, whose wording stays unchanged. */
const RECORDS = /^docs\/(?:decisions\/|benchmarks-log\.md)/;
/** A file that is generated from texts of `src/contract`. */
const GENERATED = 'sdk/src/schema.ts';

const named = process.argv.slice(2);
const all = execFileSync('git', ['ls-files', '*.md', 'src', 'web/src', 'sdk/src'], { cwd: root, encoding: 'utf8' });
const files = named.length > 0 ? named : all.split('\n').filter((path) => !RECORDS.test(path) && path !== GENERATED);

let found = 0;
for (const path of files.filter((name) => name.endsWith('.md'))) report(path, sentencesOf, faultsOf);
for (const path of files.filter((name) => CODE.test(name))) report(path, textsOf, wordFaultsOf);
if (found > 0) {
  console.error(`${found} faults. scripts/prose/rules.mjs lists the rules.`);
  process.exit(1);
}

function report(path, read, check) {
  for (const { line, text } of read(readFileSync(join(root, path), 'utf8'))) {
    for (const fault of check(text)) {
      found += 1;
      console.error(`${path}:${line}: ${fault}\n    ${text}`);
    }
  }
}
