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
/** Milliseconds for which one body may occupy the API's event loop. */
const MOST_MS = 50;
/** Measured again while it is over: a collection of garbage is not the body's. */
const TRIES = 4;

/** Bodies up to 1 MiB that are made to be slow: none may occupy the event loop of the built API for long. */
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
    const answer = await call(`${service.api}${url}`, 'POST', service.key, body, { 'idempotency-key': randomUUID() });
    return { ms: await ask(socket), status: answer.status };
  };
  // The first requests of a process compile what they run.
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
  // From small ones, which are read in place, to the largest.
  const size = Math.floor(2 ** (8 + random.next() * 11.9));
  const room = { left: Math.min(size, MIB - 4096) };
  const fields: Record<string, unknown> = {
    ...(random.chance(0.9) && { inputs: inputs(random, room), outputFormat: random.pick(['mp4', 'mp3', 'gif']) }),
    ...(path === '/v1/commands' && { ffmpeg_command: `-i {{in_1}} -vf ${text(random, room)} {{out_1}}` }),
    ...(path === '/v1/commands' && { input_files: { in_1: 'https://a.example/b' }, output_files: { out_1: 'a.mp4' } }),
    ...(path === '/v1/keys' && { name: text(random, room), scopes: list(random, room, () => text(random, room)) }),
  };
  for (const field of ['options', 'filters', 'metadata', 'unknown']) {
    if (random.chance(0.4)) fields[field] = value(random, room, field);
  }
  while (room.left > 0 && random.chance(0.5)) fields[text(random, { left: 40 })] = value(random, room, 'unknown');
  const body = JSON.stringify(fields);
  return { path, body: Buffer.byteLength(body) <= MIB ? body : body.slice(0, MIB / 4) };
}

interface Room {
  left: number;
}

function value(random: Random, room: Room, field: string): unknown {
  if (random.chance(0.1)) return text(random, room);
  if (field === 'options') return list(random, room, () => option(random, room));
  if (field === 'filters') return list(random, room, () => ({ filter: text(random, room) }));
  if (field === 'metadata' || random.chance(0.5)) return record(random, room);
  return list(random, room, () => random.pick([0, {}, [], '', [[[[]]]]]));
}

function inputs(random: Random, room: Room): unknown {
  const url = 'https://a.example/b.mp4';
  if (random.chance(0.8)) return [{ url }];
  return list(random, room, () => ({ url, options: list(random, room, () => option(random, room)) }));
}

function option(random: Random, room: Room): unknown {
  if (random.chance(0.2)) {
    const style = random.chance(0.5) ? record(random, room) : { x: text(random, room), fontSize: 48 };
    return {
      option: random.pick(['@text-overlay', '@quote-card']),
      argument: { text: text(random, room), quote: 'a', style },
    };
  }
  return { option: random.pick(NAMES), argument: random.chance(0.9) ? text(random, room) : record(random, room) };
}

/** Few long or many short ones; the same one again and again, as often as not. */
function list(random: Random, room: Room, item: () => unknown): unknown[] {
  const most = random.pick([1, 5, 60, 250, 1200, 4900, 50_000]);
  const first = item();
  const again = random.chance(0.6);
  const items: unknown[] = [];
  while (items.length < most && room.left > 0) {
    const next = again ? first : item();
    items.push(next);
    room.left -= (JSON.stringify(next)?.length ?? 4) + 1;
  }
  return items;
}

function record(random: Random, room: Room): object {
  const most = random.pick([1, 20, 400, 4900, 50_000]);
  const name = random.pick(SNIPPETS);
  const entries: [string, unknown][] = [];
  while (entries.length < most && room.left > 0) {
    entries.push([`${name}${entries.length.toString(36)}`, 1]);
    room.left -= name.length + 8;
  }
  return Object.fromEntries(entries);
}

function text(random: Random, room: Room): string {
  const most = Math.min(room.left, random.pick([10, 300, 2000, 3900, 9900, 9900, 60_000, MIB]));
  const unit = random.times(random.int(1, 3), () => random.pick(SNIPPETS)).join('');
  const start = random.chance(0.3) ? random.pick(["drawtext=text='", 'title=', "rotate=a='", 'expr:', 'https://']) : '';
  const made = start + unit.repeat(Math.max(1, Math.floor(most / (unit.length * 1.5))));
  room.left -= made.length;
  return made;
}
