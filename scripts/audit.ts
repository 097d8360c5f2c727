import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AuditCase, Figure } from '../testkit/audit/audit-case.ts';
import { listCases } from '../testkit/audit/cases/all.ts';
import { type CaseResult, runCases } from '../testkit/audit/run-cases.ts';
import { startService } from '../testkit/service.ts';
import { ensureServiceAccount } from '../testkit/supervisor.ts';

const RECORDINGS = 8;

const USAGE = `npm run audit -- [options]

Makes sources with FFmpeg and Chromium, submits them to a new service through the API, and compares the colors, frame
times and sound of the outputs with the sources. Exits with code 1 if a figure is outside its limit.

  --case NAME      run only the cases whose names start with NAME, such as color/hd
  --short          run only the cases that the test suite also runs
  --list           print the names of the cases and exit
  --recordings N   number of recordings in Chromium (default: ${RECORDINGS})
  --jobs N         number of cases that run at the same time (default: one per processor)
  --json FILE      write all figures to FILE
`;

interface Options {
  cases: readonly AuditCase[];
  isList: boolean;
  jobs: number;
  json: string | null;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 64;
  }
  if (options.isList) {
    process.stdout.write(options.cases.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  await ensureServiceAccount();
  const root = join(import.meta.dirname, '..');
  if (!process.env.TEST_BUILT) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'ignore' });
  const service = await startService();
  try {
    const results = await runCases(service, options.cases, options.jobs, (result) => {
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

function readOptions(): Options | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: { case: text, recordings: text, jobs: text, json: text, list: flag, short: flag },
  });
  const wanted = values.case ?? '';
  const named = listCases(Number(values.recordings ?? RECORDINGS)).filter(({ name }) => name.startsWith(wanted));
  if (named.length === 0) return `No case starts with "${wanted}". To print the names, use --list.`;
  return {
    cases: named.filter(({ isShort }) => !values.short || isShort),
    isList: values.list ?? false,
    jobs: Number(values.jobs ?? availableParallelism()),
    json: values.json ?? null,
  };
}

process.exit(await main());
