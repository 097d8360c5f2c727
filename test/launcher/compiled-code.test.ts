import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runtimeFlags, v8Options } from '../../src/cli/v8-options.ts';
import { projectRoot } from '../../src/config/root.ts';
import { PROGRAM } from '../../testkit/program.ts';
import { run } from '../../testkit/run.ts';

/** A program that prints the names of the chunks whose compiled code V8 rejects, in a process with the same options and flags. */
const CHECK = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const { flags, chunks, compiled, names } = JSON.parse(process.argv[1]);
for (const flag of flags) require('node:v8').setFlagsFromString(flag);
const isRejected = (name) => {
  const cachedData = readFileSync(compiled + name);
  return new Script(readFileSync(chunks + name, 'utf8'), { filename: chunks + name, cachedData }).cachedDataRejected;
};
console.log(JSON.stringify(names.filter(isRejected)));`;

it.each(['up', 'api', 'worker'])(
  'V8 accepts the compiled code of each chunk in a process that starts as "%s"',
  async (role) => {
    const dist = dirname(PROGRAM);
    const [newest]: string[][] = JSON.parse(readFileSync(join(dist, 'builds.json'), 'utf8'));
    const options = v8Options(role);
    const folder = `compiled/${options.join('')}/`;
    const names = newest!.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
    expect(names.length).toBeGreaterThan(100);
    const given = { flags: runtimeFlags(role), chunks: join(dist, 'chunks/'), compiled: join(dist, folder), names };
    const { stdout } = await run(process.execPath, [...options, '-e', CHECK, JSON.stringify(given)]);
    expect(JSON.parse(stdout)).toEqual([]);
  },
);

it('./airlock starts the program with the options with which it was compiled', () => {
  const launcher = readFileSync(join(projectRoot(), 'airlock'), 'utf8');
  expect(launcher).toContain(`exec node ${v8Options('up').join(' ')} "$root/dist/airlock.js" "$@"`);
});
