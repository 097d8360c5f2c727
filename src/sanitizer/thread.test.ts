import { readdirSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { openThreads } from '../threads/pool.ts';
import { TaskThread, ThreadEnded } from '../threads/task-thread.ts';
import { openSanitizer, sanitizerThread } from './index.ts';
import { makeBox, makeFullBox, u32 } from './isobmff/boxes.ts';
import type { SanitizeOutcome, SanitizeRequest } from './types.ts';

const reader = (heapMb = 192) => new TaskThread<SanitizeRequest, SanitizeOutcome>(sanitizerThread(), { heapMb });

describe('a sanitizer thread', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-thread-'));
    path = join(folder, 'boxes.mp4');
    // 300,000 boxes keep the reader busy for longer than a millisecond.
    await writeFile(path, Buffer.alloc(2_400_000, makeBox('free')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const request = (target: string | null = null) => ({ path, demuxer: 'mov', target, mediaBytes: null });

  it('ends when its time limit passes, and a new thread can read the same file', async () => {
    const thread = reader();
    await expect(thread.ask(request(), 1)).rejects.toThrow(ThreadEnded);
    await expect(thread.ask(request(), 10_000)).rejects.toThrow(ThreadEnded);
    const fresh = reader();
    expect(await fresh.ask(request(), 10_000)).toMatchObject({ rejection: { code: 'invalid_media' } });
    await fresh.end();
  });

  it('ends after an idle period, unless it is the only thread of its pool', async () => {
    const threads = () => readdirSync('/proc/self/task').length;
    const sanitizer = openSanitizer({ threads: 3, idleMs: 500 });
    const picture = { ...request(), demuxer: 'gif' };
    // Node starts threads of its own with the first file.
    await sanitizer.sanitize(picture, { subject: 'Input 1' });
    const before = threads();
    await Promise.all([1, 2, 3].map(() => sanitizer.sanitize(picture, { subject: 'Input 1' })));
    expect(threads()).toBeGreaterThan(before);
    await until(() => threads() <= before, { what: 'the others to end' });
    expect(await sanitizer.sanitize(picture, { subject: 'Input 1' })).toMatchObject({ container: 'original' });
    await sanitizer.close();
  });

  it('starts after the delay of its pool, or with the first file', async () => {
    // Threads of earlier tests may still end.
    const known = new Set(readdirSync('/proc/self/task'));
    const started = () => readdirSync('/proc/self/task').filter((id) => !known.has(id)).length;
    const options = { entry: sanitizerThread(), threads: 1, heapMb: 192, ready: 1 } as const;
    const late = openThreads<SanitizeRequest, SanitizeOutcome>({ ...options, readyAfterMs: 600_000 });
    const prompt = openThreads<SanitizeRequest, SanitizeOutcome>(options);
    await until(() => started() > 0, { what: 'the thread of the pool without a delay' });
    expect(started()).toBe(1);
    expect(await late.ask(request(), { ms: 10_000 })).toMatchObject({ rejection: { code: 'invalid_media' } });
    expect(started()).toBeGreaterThan(1);
    await Promise.all([late.close(), prompt.close()]);
  });

  it('stops when the job is aborted, and the pool still reads the next file', async () => {
    const sanitizer = openSanitizer({ threads: 1 });
    const stop = new AbortController();
    const pending = sanitizer.sanitize(request(), { subject: 'Input 1', signal: stop.signal });
    stop.abort('canceled');
    await expect(pending).rejects.toThrow('canceled');
    await expect(sanitizer.sanitize(request(), { subject: 'Input 1' })).rejects.toThrow(/^Input 1 has no index/);
    await sanitizer.close();
  });

  it('runs out of memory without affecting the process', async () => {
    // The reader lists these boxes before it counts them.
    const big = join(folder, 'big.mp4');
    const trak = makeBox('trak');
    const moov = makeBox('moov', makeFullBox('mvhd', 0, 0, Buffer.alloc(96)), Buffer.alloc(1_400_000, trak));
    await writeFile(big, Buffer.concat([makeBox('ftyp', Buffer.from('isomxxxx'), u32(0)), moov]));
    const thread = reader(8);
    const small = join(folder, 'small.mp4');
    await writeFile(small, makeBox('ftyp', Buffer.from('isomxxxx')));
    expect(await thread.ask({ ...request(), path: small }, 30_000)).toHaveProperty('rejection');
    await expect(thread.ask({ ...request(), path: big }, 30_000)).rejects.toMatchObject({ why: 'memory' });
  });

  it('never overwrites an existing target', async () => {
    const target = join(folder, 'there');
    await writeFile(target, 'mine');
    const sanitizer = openSanitizer({ threads: 1 });
    const wav = join(folder, 'a.wav');
    const head = Buffer.from(
      'RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x08\0\0\0',
      'latin1',
    );
    await writeFile(wav, Buffer.concat([head, Buffer.alloc(8)]));
    const ask = (to: string) =>
      sanitizer.sanitize({ path: wav, demuxer: 'wav', target: to, mediaBytes: null }, { subject: 'It' });
    expect(await ask(join(folder, 'new'))).toMatchObject({ container: 'rewritten' });
    await expect(ask(target)).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await stat(target)).size).toBe(4);
    await sanitizer.close();
  });
});
