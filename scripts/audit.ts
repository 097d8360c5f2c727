import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Figure } from '../testkit/audit/audit-case.ts';
import { listCases } from '../testkit/audit/cases/all.ts';
import { type CaseResult, runCases } from '../testkit/audit/run-cases.ts';
import { startService } from '../testkit/service.ts';
import { ensureServiceAccount } from '../testkit/supervisor.ts';
import { numberOption, readOptions } from './read-options.ts';

const COMMAND = new Command('npm run audit --')
  .description(
    'Makes sources with FFmpeg and Chromium, submits them to a new service through the API, and compares the colors, frame times and sound of ' +
      'the outputs with the sources. Exits with code 1 if a figure is outside its limit.',
  )
  .option('--case <name>', 'run only the cases whose names start with <name>, such as color/hd', '')
  .option('--short', 'run only the cases that the test suite also runs')
  .option('--list', 'print the names of the cases and exit')
  .addOption(numberOption('--recordings <n>', 'number of recordings in Chromium').default(8))
  .addOption(numberOption('--jobs <n>', 'number of cases that run at the same time', 1).default(availableParallelism()))
  .option('--json <file>', 'write all figures to <file>');

interface Options {
  case: string;
  short?: true;
  list?: true;
  recordings: number;
  jobs: number;
  json?: string;
}

async function main(): Promise<number> {
  const options = readOptions<Options>(COMMAND);
  const named = listCases(options.recordings).filter(({ name }) => name.startsWith(options.case));
  if (named.length === 0) COMMAND.error(`error: no case starts with "${options.case}"; to print the names, use --list`);
  const cases = named.filter(({ isShort }) => !options.short || isShort);
  if (options.list) {
    process.stdout.write(cases.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  await ensureServiceAccount();
  const root = join(import.meta.dirname, '..');
  if (!process.env.TEST_BUILT) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'ignore' });
  const service = await startService();
  try {
    const results = await runCases(service, cases, options.jobs, (result) => {
      process.stdout.write(showResult(result));
    });
    return report(results, options);
  } finally {
    await service.remove();
  }
}

function showResult({ name, figures, seconds }: CaseResult): string {
  const rows = figures.map(({ name: figure, value, limit, holds }: Figure) => {
    return `  ${holds ? 'ok  ' : 'FAIL'}  ${figure}: ${value} (${limit})\n`;
  });
  return `${name}, ${seconds} s\n${rows.join('')}`;
}

function report(results: readonly CaseResult[], { json }: Options): number {
  const failed = results.filter(({ holds }) => !holds);
  const all = results.flatMap(({ figures }) => figures);
  const wrong = all.filter(({ holds }) => !holds).length;
  process.stdout.write(`\n${failed.map(({ name }) => `failed: ${name}\n`).join('')}`);
  process.stdout.write(`${results.length} cases, ${failed.length} failed. ${all.length} figures, ${wrong} wrong\n`);
  if (json) writeFileSync(json, JSON.stringify({ cases: results.length, failed: failed.length, results }, null, 2));
  return failed.length > 0 ? 1 : 0;
}

process.exit(await main());
