import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FACTS, type Fact } from '../../scripts/docs/facts.ts';
import { sourceNumber } from '../../scripts/docs/source-constants.ts';
import { bytes, count, seconds } from '../../scripts/docs/units.ts';
import { idempotentPaths } from '../../src/api/openapi/responses.ts';
import { batchBody } from '../../src/contract/batches.ts';
import { runBody } from '../../src/contract/blueprints.ts';
import { commandBody } from '../../src/contract/commands.ts';
import { JOB_STATUSES } from '../../src/contract/common.ts';
import { JOB_ERRORS } from '../../src/contract/job-errors.ts';
import { LIMIT_BOUNDS } from '../../src/contract/limit-bounds.ts';
import { MAX_PARTS_UPLOAD_BYTES } from '../../src/contract/limits.ts';
import { createBody } from '../../src/contract/transcodes.ts';
import { transcribeBody } from '../../src/contract/transcriptions.ts';
import { autoHeights } from '../../src/ffmpeg/plan/ladder/rungs.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { planAll } from '../../src/sandbox/self-test/plans.ts';
import { rejectedAttempts } from '../../src/sandbox/self-test/rejected-attempts.ts';
import { bwrapTier } from '../../src/sandbox/tiers/bwrap.ts';
import { RETRY_SECONDS } from '../../src/webhooks/send.ts';
import { readSources } from '../architecture/sources.ts';
import { ROOT, readPage, readPages, tableUnder } from './pages.ts';

/** Pages whose numbers belong to the time at which they were written. */
const DATED = /^docs\/(benchmarks|scale|decisions\/|limits)|^CHANGELOG/;
const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** Joins the lines of each paragraph, so that a pattern finds a sentence regardless of line breaks. */
const pages = readPages()
  .filter(({ path }) => !DATED.test(path))
  .map(({ path, text }) => ({ path, text: text.replaceAll(/\s+/g, ' ') }));

const fact = (group: keyof typeof FACTS, name: string): string => {
  const found = (FACTS[group].facts as Record<string, Fact>)[name];
  if (!found) throw new Error(`There is no fact ${group}.${name}.`);
  return found.value;
};
const budget = (name: string) => fact('jobs', `budget.${name}`);

/** Patterns of sentences on hand-written pages, and the facts that their groups must contain. */
const SENTENCES: readonly [pattern: RegExp, ...facts: string[]][] = [
  [/(?:deleted|deletes all media) after (\w+ hours)/g, fact('retention', 'outputs')],
  [/[Ll]inks? (?:to \w+ )?(?:that )?(?:expires?|lives) (?:after|for) (\w+ minutes)/g, fact('retention', 'download')],
  [/keeps events for (\w+ days)/g, fact('retention', 'events')],
  [/deliveries of the last (\w+ days)/g, fact('retention', 'events')],
  [/repeat a request within (\w+ hours) with the same `Idempotency-Key`/g, fact('requests', 'idempotency')],
  [/The URL is valid for (\w+ minutes), for th(?:is|at) object/g, fact('uploads', 'url')],
  [/confirm an upload within (\w+ hours)/g, fact('uploads', 'unconfirmedParts')],
  [/limited to ([\d,]+ bytes)/g, fact('uploads', 'onePut')],
  [/`AIRLOCK_MAX_UPLOAD` limits the size, up to (\d+ GB)/g, bytes(MAX_PARTS_UPLOAD_BYTES)],
  [/send a `part_size` from (\d+ MiB to \d+ MiB)/g, fact('uploads', 'part')],
  [/the URLs of the first (\d+) parts/g, fact('uploads', 'partUrls')],
  [/[Ss]end 1 to (\d+) inputs/g, fact('jobs', 'inputs')],
  [/can create up to (\w+) outputs/g, fact('jobs', 'outputs')],
  [/(\w+) attempts (?:in all|before the job fails)/g, fact('jobs', 'attempts')],
  [/at most (\w+) failed attempts/g, fact('jobs', 'attempts')],
  [/no heartbeat for (\w+ seconds)/g, fact('jobs', 'lost')],
  [/`AIRLOCK_REVIEW_WAIT`, (\w+ hours) by default/g, fact('jobs', 'reviewWait')],
  [/`AIRLOCK_STORAGE_WAIT` \((\w+ hours)\)/g, fact('jobs', 'storageWait')],
  [/`memory_mb` is at least (\d+)/g, count(LIMIT_BOUNDS.memory_mb.least)],
  [/[Aa] request body can be at most (\d+ MiB)/g, fact('requests', 'body')],
  [/[Aa] request body on these routes can be at most (\d+ KiB)/g, fact('requests', 'openBody')],
  [/Values in the body: [^|]+\| ([\d,]+)/g, fact('requests', 'values')],
  [/Nesting depth of the body \| (\d+)/g, fact('requests', 'depth')],
  [/Total options of all outputs and inputs \| ([\d,]+)/g, budget('options')],
  [/`filters` counts as one \| ([\d,]+)/g, budget('graphs')],
  [/Filters in all graphs \| ([\d,]+)/g, budget('filters')],
  [/Parts of expressions: [^|]+\| ([\d,]+)/g, budget('expressionParts')],
  [/`@quote-card` \| ([\d,]+)/g, budget('overlays')],
  [/Total characters in all options and filters \| ([\d,]+)/g, budget('characters')],
  [
    /handles up to (\d+) concurrent requests per key, and up to (\d+) concurrent requests per account/g,
    fact('requests', 'keyActive'),
    fact('requests', 'accountActive'),
  ],
  [
    /key can have at most (\d+) open requests, and an account at most ([\d,]+) open requests/g,
    fact('requests', 'keyOpen'),
    fact('requests', 'accountOpen'),
  ],
  [/[Aa]t most ([\d,]+ KiB) of metadata, warnings/g, fact('requests', 'listTexts')],
  [
    /can have at most (\d+) active keys,? and can create at most (\d+) keys (?:in 24 hours|a day)/g,
    fact('account', 'keys'),
    fact('account', 'newKeys').replace(',', ''),
  ],
  [
    /can have at most (\d+) webhooks, and can create at most (\d+) webhooks in 24 hours/g,
    fact('account', 'webhooks'),
    fact('account', 'newWebhooks'),
  ],
  [
    /can have at most (\d+) templates with (\d+) versions each, and can save at most ([\d,]+) versions/g,
    fact('account', 'templates'),
    fact('account', 'versions'),
    fact('account', 'newVersions'),
  ],
  [/any 2xx status within (\w+ seconds)/g, fact('webhooks', 'timeout')],
  [/It does so after (\d+ s, [\w, ]+), each/g, shortWaits()],
  [/retries a failed attempt after ([^.]+ and \w+ hours)\./g, longWaits()],
  [/(?:only|has) failed for (\w+ days)/g, fact('webhooks', 'disabled')],
  [/accepts (\d+) concurrent PUTs of one upload\b/g, fact('connections', 'puts')],
  [/and (\d+) downloads of one object/g, fact('connections', 'gets')],
  [/SDK uploads files over (\d+ MiB)/g, bytes(partsAbove())],
  [/Subtitles \| SRT, WebVTT, ASS in UTF-8 \| ([\d ]+MiB)/g, fact('files', 'subtitles')],
  [/Look-up table \| `.cube`, `.3dl` \| ([\d ]+MiB)/g, fact('files', 'table')],
  [/Font \| TrueType, OpenType \| ([\d ]+MiB)/g, fact('files', 'font')],
  [/`auto` starts with the heights ([\d, ]+ and \d+)/g, listOf(autoHeights(2160).map(String))],
  [/at least ([\d.]+) times as high as the largest of these heights/g, String(rungs('OWN_SIZE_FACTOR'))],
  [/the input is at least (\d+ seconds) long/g, seconds(samples('SAMPLE_SECONDS') / samples('SHARE'))],
  [/next larger rendition needs at most (\d+) kbit/g, String(rungs('ENOUGH_RATE') / 1000)],
  [/rendition needs more than (\d+%) of the bit rate/g, `${rungs('WORTH_SHARE') * 100}%`],
];

describe('numbers in the pages', () => {
  it.each(SENTENCES.map(([pattern, ...facts]) => ({ pattern, facts })))(
    'numbers in the pages that match $pattern are $facts',
    (sentence) => {
      const found = pages.flatMap(({ path, text }) =>
        [...text.matchAll(sentence.pattern)].map(([, ...groups]) => [path, groups.map(inDigits)]),
      );
      // A rewritten sentence needs a new pattern. Without one, no test would detect a wrong number.
      expect(found.length).toBeGreaterThan(0);
      expect(found).toEqual(found.map(([path]) => [path, sentence.facts]));
    },
  );
});

describe('webhooks.md', () => {
  const { text } = readPage('docs/webhooks.md');
  const bodies = {
    ...{ transcode: createBody, command: commandBody, transcription: transcribeBody },
    ...{ 'blueprint run': runBody, batch: batchBody },
  };

  it('names every request whose body has a `webhook_url`', () => {
    const [, sentence] = /Add `"webhook_url"` to the request that creates ([^.]+(?:\.md[^.]+)*)\. These/.exec(text)!;
    const named = [...sentence!.matchAll(/\ba\s\[?([a-z]+(?: run)?)/g)].map(([, name]) => name!);
    expect(named.sort()).toEqual(Object.keys(bodies).sort());
    for (const [name, { shape }] of Object.entries(bodies))
      expect([name, 'webhook_url' in shape]).toEqual([name, true]);
    const files = readSources().filter(({ path }) => path.startsWith('contract/'));
    const fields = files.flatMap(({ text: source }) => source.match(/\bwebhook_url: /g) ?? []);
    expect(fields).toHaveLength(named.length);
  });
});

describe('api.md', () => {
  const { text } = readPage('docs/api.md');

  it('names every error with status 400 for a job in the wrong state', () => {
    const codes = Object.entries(JOB_ERRORS).flatMap(([code, { status }]) => (status === 400 ? [code] : []));
    const sentence = /\*\*Wrong states\.\*\*[\s\S]*?\n- /.exec(text)![0];
    expect([...sentence.matchAll(/\(`(\w+)`\)/g)].map(([, code]) => code).sort()).toEqual(codes.sort());
  });

  it('lists every request that accepts an Idempotency-Key', () => {
    const section = text.split(/^#+ /m).find((part) => part.startsWith('Idempotency\n'))!;
    const listed = [...section.matchAll(/`POST (\/v1\/[^`]+)`/g)].map(([, path]) => path!);
    expect(listed.sort()).toEqual(idempotentPaths([...kinds.values()].flatMap(({ shown }) => shown ?? [])).sort());
  });
});

describe('sdk.md', () => {
  it('lists every method of the client', () => {
    const client = readFileSync(join(ROOT, 'sdk/src/client.ts'), 'utf8').split('export class Airlock')[1]!;
    const methods = [...client.matchAll(/^ {2}(?:async )?([a-z]\w*)[(<]/gm)].map(([, name]) => name!);
    const { text } = readPage('docs/sdk.md');
    const named = text.match(/^\| (?:`\w+\(.*?\)`(?:, )?)+ \|/gm)!.flatMap((cell) => cell.match(/\w+(?=\()/g)!);
    expect(methods.filter((name) => name !== 'constructor' && !named.includes(name))).toEqual([]);
    expect(methods).toContain('playback');
  });
});

describe('security-model/files.md', () => {
  const { text } = readPage('docs/security-model/files.md');
  const tier = { ...bwrapTier(null as never), exceptions: {} };
  const targets = { tier, canary: '/canary', otherJob: '/job', service: 1 };
  /**
   * Returns the number of attempts. The first plan makes all attempts that are rejected with an error, and each other plan makes one
   * attempt.
   */
  const attempts = (full: boolean) =>
    planAll(targets, { full, filters: ['media'], hasCgroup: true }).length - 1 + rejectedAttempts(targets).length;

  it('states how many attacks the self-test makes, and the daily test makes one more', () => {
    expect(text).toContain(`The self-test makes ${attempts(false)} attempts.`);
    expect(attempts(true)).toBe(attempts(false) + 1);
    expect(readPage('docs/security-overview.md').text).toMatch(/runs more than 200 such attacks/);
  });
});

describe('architecture.md', () => {
  const { text } = readPage('docs/architecture.md');
  const states = text.slice(text.indexOf('## States of jobs and attempts'), text.indexOf('## When something dies'));

  it('shows every status of a job and every state of an attempt', () => {
    expect(JOB_STATUSES.filter((status) => !states.includes(status))).toEqual([]);
    const type = /type AttemptState = ([^;]+);/.exec(
      readFileSync(join(ROOT, 'src/database/job-tables.ts'), 'utf8'),
    )![1]!;
    const rows = tableUnder(text, 'States of jobs and attempts').map(([state]) => state);
    expect(['running', ...rows].sort()).toEqual(type.match(/\w+/g)!.sort());
  });
});

describe('limits.md', () => {
  /** Constants without a row: bounds of Airlock's own texts, and of values that other rows bound. No client reaches them. */
  const INTERNAL = ['MAX_DEPTH', 'MAX_LENGTH', 'MAX_MESSAGE', 'MAX_NAME', 'MAX_REFERENCE', 'MAX_SECONDS', 'MAX_SHOWN'];

  it('has a row for every constant MAX_… of the contract', () => {
    const declared = readSources()
      .filter(({ folder }) => folder === 'contract')
      .flatMap(({ text }) => [...text.matchAll(/^(?:export )?const (MAX_\w+)/gm)].map(([, name]) => name!));
    const facts = readdirSync(join(ROOT, 'scripts/docs'))
      .filter((name) => name.startsWith('facts'))
      .map((name) => readFileSync(join(ROOT, 'scripts/docs', name), 'utf8'))
      .join('\n');
    const missing = declared.filter((name) => !new RegExp(`\\b${name}\\b`).test(facts));
    expect([...new Set(missing)].sort()).toEqual(INTERNAL);
  });
});

/** Replaces a number in words at the start of a text with digits: `ten minutes` becomes `10 minutes`. */
function inDigits(text: string): string {
  return text.replace(/^[a-z]+/i, (word) => {
    const at = WORDS.indexOf(word.toLowerCase());
    return at < 0 ? word : String(at);
  });
}

function rungs(name: string): number {
  return sourceNumber('ffmpeg/plan/ladder/rungs.ts', name);
}

function samples(name: string): number {
  return sourceNumber('ffmpeg/plan/ladder/sample-rungs.ts', name);
}

function listOf(waits: readonly string[]): string {
  return `${waits.slice(0, -1).join(', ')} and ${waits.at(-1)}`;
}

function longWaits(): string {
  return listOf(RETRY_SECONDS.map(seconds));
}

function shortWaits(): string {
  const units = { second: 's', minute: 'min', hour: 'h' };
  const short = (text: string) => text.replace(/(second|minute|hour)s?/, (_, unit: keyof typeof units) => units[unit]);
  return listOf(RETRY_SECONDS.map((one) => short(seconds(one))));
}

/** Returns the number of bytes above which the SDK uploads in parts. */
function partsAbove(): number {
  return sourceNumber('../sdk/src/upload.ts', 'PARTS_FROM_BYTES');
}
