import { readdirSync } from 'node:fs';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../testkit/run.ts';
import { until } from '../../testkit/until.ts';
import { openThreads } from '../threads/pool.ts';
import { TaskThread, ThreadEnded } from '../threads/task-thread.ts';
import { openSanitizer, type Sanitizer, sanitizerThread } from './index.ts';
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

  /** Returns the failure of a read that blocks, as on a stalled disk, until the timers of the service have advanced by a minute. */
  async function stall(read: (sanitizer: Sanitizer, path: string) => Promise<unknown>): Promise<unknown> {
    const pipe = join(folder, 'stalled');
    await run('/usr/bin/mkfifo', [pipe]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sanitizer = openSanitizer({ threads: 1 });
    try {
      const failure = read(sanitizer, pipe).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(60_000);
      // Opening a pipe blocks until its other end is opened. A thread ends only when none of its system calls blocks.
      const other = await open(pipe, 'r+');
      const reason = await failure;
      await other.close();
      return reason;
    } finally {
      vi.useRealTimers();
      await sanitizer.close();
      await rm(pipe);
    }
  }

  it('blames Airlock, not the file, if a read stalls, so that the job is retried', async () => {
    const failure = await stall((sanitizer, pipe) =>
      sanitizer.sanitize({ ...request(), path: pipe }, { subject: 'Input 1' }),
    );
    expect(failure).toMatchObject({ code: 'internal', retry: true, message: 'Input 1 takes too long to read.' });
  });

  it('blames Airlock, not the output, if the packaging of a ladder stalls, so that the job is retried', async () => {
    const failure = await stall((sanitizer, pipe) => {
      const rendition = { paths: [pipe], name: '180p', codec: 'h264', width: 320, height: 180 };
      const ladder = { renditions: [rendition], audio: null, pieces: null, subtitles: null, segmentSeconds: 2 };
      const written = { manifests: 'hls' as const, directory: join(folder, 'ladder'), key: null, maxFiles: 10 };
      return sanitizer.packageLadder({ ...ladder, ...written } as never, 0, AbortSignal.timeout(60_000));
    });
    expect(failure).toMatchObject({ code: 'internal', retry: true, message: 'The output takes too long to read.' });
  });

  it('blames Airlock, not the file, if the reader has a fault, so that the job is retried', async () => {
    const sanitizer = openSanitizer({ threads: 1 });
    const broken = { ...request(join(folder, 'no\0name')), path: await wave(folder), demuxer: 'wav' };
    await expect(sanitizer.sanitize(broken, { subject: 'Input 1' })).rejects.toMatchObject({
      code: 'internal',
      retry: true,
      message: 'Input 1 could not be read.',
    });
    await sanitizer.close();
  });

  it('blames a file whose reader needs more memory than its limit', async () => {
    const sanitizer = openSanitizer({ threads: 1 });
    const ask = vi.spyOn(TaskThread.prototype, 'ask').mockRejectedValue(new ThreadEnded('memory'));
    await expect(sanitizer.sanitize(request(), { subject: 'Input 1' })).rejects.toMatchObject({
      code: 'invalid_media',
      retry: false,
      message: 'Input 1 needs more memory to read than any real file.',
    });
    ask.mockRestore();
    await sanitizer.close();
  });

  it('never overwrites an existing target', async () => {
    const target = join(folder, 'there');
    await writeFile(target, 'mine');
    const sanitizer = openSanitizer({ threads: 1 });
    const wav = await wave(folder);
    const ask = (to: string) =>
      sanitizer.sanitize({ path: wav, demuxer: 'wav', target: to, mediaBytes: null }, { subject: 'It' });
    expect(await ask(join(folder, 'new'))).toMatchObject({ container: 'rewritten' });
    await expect(ask(target)).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await stat(target)).size).toBe(4);
    await sanitizer.close();
  });
});

async function wave(folder: string): Promise<string> {
  const path = join(folder, 'a.wav');
  const head = Buffer.from(
    'RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x08\0\0\0',
    'latin1',
  );
  await writeFile(path, Buffer.concat([head, Buffer.alloc(8)]));
  return path;
}
