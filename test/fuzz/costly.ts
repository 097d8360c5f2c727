import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Random } from '../../testkit/random.ts';
import { call, startService } from '../../testkit/service.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';

const MIB = 1024 * 1024;
/** Maximum number of milliseconds for which one body may occupy the API's event loop. */
const MOST_MS = 50;
/** Maximum number of measurements of a body that exceeds the limit. A single measurement may include a garbage collection. */
const TRIES = 4;

/** Fuzzes bodies of up to 1 MiB that are made to be slow. No body may occupy the event loop of the built API for longer than the limit. */
export const COSTLY: Campaign = { cases: 100_000, open };

async function open(): Promise<Fuzzer> {
  const path = join(tmpdir(), `airlock-loop-${randomUUID()}.sock`);
  const probe = pathToFileURL(join(import.meta.dirname, 'loop-probe.mjs')).href;
  const service = await startService({
    AIRLOCK_LOG_LEVEL: 'error',
    AIRLOCK_WORKER_SLOTS: '1',
    AIRLOCK_TEST_LOOP_SOCKET: path,
    NODE_OPTIONS: `--import=${probe}`,
  });
  const socket = connect(path);
  const tally: Record<string, number> = {};
  let longest = 0;
  const measure = async (url: string, body: string) => {
    await ask(socket);
    const response = await call(`${service.api}${url}`, 'POST', service.key, body, { 'idempotency-key': randomUUID() });
    return { ms: await ask(socket), status: response.status };
  };
  // The first requests of a process also trigger compilation.
  const usual = JSON.stringify({ inputs: [{ url: 'https://a.example/b.mp4' }], outputFormat: 'mp4', options: [] });
  for (let index = 0; index < 20; index += 1) await measure('/v1/transcodes/validate', usual);
  return {
    tally,
    async one(random) {
      const { path: url, body } = costlyBody(random);
      let least = Number.POSITIVE_INFINITY;
      for (let tried = 0; tried < TRIES && least > MOST_MS; tried += 1) {
        const { ms, status } = await measure(url, body);
        if (tried === 0) count(tally, String(status));
        if (status >= 500) return [`is answered ${status}: ${url} ${body.slice(0, 300)}`];
        least = Math.min(least, ms);
      }
      longest = Math.max(longest, least);
      tally['longest, ms'] = Math.ceil(longest);
      return least > MOST_MS ? [`occupies the loop for ${least.toFixed(0)} ms: ${url} ${body.slice(0, 300)}`] : [];
    },
    async close() {
      socket.destroy();
      await service.remove();
      rmSync(path, { force: true });
    },
  };
}

function ask(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (text) => {
      socket.off('error', reject);
      resolve(Number(text));
    });
    socket.write('?');
  });
}

const SNIPPETS = [
  ...[
    'a',
    ' ',
    "'",
    "'\\''",
    '"',
    '\\',
    '[',
    ']',
    '[a]',
    ',',
    ';',
    ':',
    '=',
    '%{',
    '{{in_1}}',
    '-an ',
    '0',
    '9',
    '1e9',
  ],
  ...[
    'a:\\\\',
    'https://',
    'https\\://a?',
    '(',
    'sin(',
    't+',
    'if(t,',
    'null,',
    'crop=iw:ih,',
    "rotate=a='t',",
    'é',
    '👋',
  ],
  ...[
    'مرحبا ',
    '\u0000',
    '\ud800',
    '../',
    'scale=64:64,',
    'Fontsize=28,',
    'outputFormat',
    'fontSiz',
    '__proto__',
    '\n',
  ],
];
const NAMES = [
  '-vf',
  '-af',
  '-filter_complex',
  '-metadata',
  '-map',
  '-force_key_frames',
  '-x264-params',
  '-c:v',
  '-nope',
];

function costlyBody(random: Random): { path: string; body: string } {
  const path = random.pick([
    '/v1/transcodes',
    '/v1/transcodes/validate',
    '/v1/commands',
    '/v1/keys',
    '/v1/upload/confirm',
  ]);
  // Sizes from small bodies, which are read in the main thread, to the largest bodies.
  const size = Math.floor(2 ** (8 + random.next() * 11.9));
  const space = { left: Math.min(size, MIB - 4096) };
  const fields: Record<string, unknown> = {
    ...(random.chance(0.9) && { inputs: inputs(random, space), outputFormat: random.pick(['mp4', 'mp3', 'gif']) }),
    ...(path === '/v1/commands' && { ffmpeg_command: `-i {{in_1}} -vf ${text(random, space)} {{out_1}}` }),
    ...(path === '/v1/commands' && { input_files: { in_1: 'https://a.example/b' }, output_files: { out_1: 'a.mp4' } }),
    ...(path === '/v1/keys' && { name: text(random, space), scopes: list(random, space, () => text(random, space)) }),
  };
  for (const field of ['options', 'filters', 'metadata', 'unknown']) {
    if (random.chance(0.4)) fields[field] = value(random, space, field);
  }
  while (space.left > 0 && random.chance(0.5)) fields[text(random, { left: 40 })] = value(random, space, 'unknown');
  const body = JSON.stringify(fields);
  return { path, body: Buffer.byteLength(body) <= MIB ? body : body.slice(0, MIB / 4) };
}

interface Space {
  left: number;
}

function value(random: Random, space: Space, field: string): unknown {
  if (random.chance(0.1)) return text(random, space);
  if (field === 'options') return list(random, space, () => option(random, space));
  if (field === 'filters') return list(random, space, () => ({ filter: text(random, space) }));
  if (field === 'metadata' || random.chance(0.5)) return record(random, space);
  return list(random, space, () => random.pick([0, {}, [], '', [[[[]]]]]));
}

function inputs(random: Random, space: Space): unknown {
  const url = 'https://a.example/b.mp4';
  if (random.chance(0.8)) return [{ url }];
  return list(random, space, () => ({ url, options: list(random, space, () => option(random, space)) }));
}

function option(random: Random, space: Space): unknown {
  if (random.chance(0.2)) {
    const style = random.chance(0.5) ? record(random, space) : { x: text(random, space), fontSize: 48 };
    return {
      option: random.pick(['@text-overlay', '@quote-card']),
      argument: { text: text(random, space), quote: 'a', style },
    };
  }
  return { option: random.pick(NAMES), argument: random.chance(0.9) ? text(random, space) : record(random, space) };
}

/** Returns a few long items or many short items. Often the same item is repeated. */
function list(random: Random, space: Space, item: () => unknown): unknown[] {
  const most = random.pick([1, 5, 60, 250, 1200, 4900, 50_000]);
  const first = item();
  const again = random.chance(0.6);
  const items: unknown[] = [];
  while (items.length < most && space.left > 0) {
    const next = again ? first : item();
    items.push(next);
    space.left -= (JSON.stringify(next)?.length ?? 4) + 1;
  }
  return items;
}

function record(random: Random, space: Space): object {
  const most = random.pick([1, 20, 400, 4900, 50_000]);
  const name = random.pick(SNIPPETS);
  const entries: [string, unknown][] = [];
  while (entries.length < most && space.left > 0) {
    entries.push([`${name}${entries.length.toString(36)}`, 1]);
    space.left -= name.length + 8;
  }
  return Object.fromEntries(entries);
}

function text(random: Random, space: Space): string {
  const most = Math.min(space.left, random.pick([10, 300, 2000, 3900, 9900, 9900, 60_000, MIB]));
  const unit = random.times(random.int(1, 3), () => random.pick(SNIPPETS)).join('');
  const start = random.chance(0.3) ? random.pick(["drawtext=text='", 'title=', "rotate=a='", 'expr:', 'https://']) : '';
  const made = start + unit.repeat(Math.max(1, Math.floor(most / (unit.length * 1.5))));
  space.left -= made.length;
  return made;
}
