import { describe, expect, it } from 'vitest';
import { progressOfJob } from '../../sdk/src/index.ts';
import { byteText, clock, stages } from './stages.ts';

const job = { status: 'processing', progress: 0, queue_position: null, speed: null, eta_seconds: null } as const;
const stageOf = (of: Parameters<typeof progressOfJob>[0]) => stages()(progressOfJob(of));

describe('the stage of a job', () => {
  it('shows the queue position while the job waits', () => {
    expect(stageOf({ ...job, status: 'pending', queue_position: 3 })).toEqual({
      name: 'Waiting',
      note: 'position 3 in the queue',
    });
    expect(stageOf({ ...job, status: 'pending' }).name).toBe('Waiting');
  });

  it('is Preparing, not Transcoding at 0 %, until FFmpeg reports progress', () => {
    expect(stageOf(job)).toEqual({ name: 'Preparing', note: 'fetching and reading the input' });
  });

  it('shows progress, speed and remaining time while FFmpeg runs', () => {
    expect(stageOf({ ...job, progress: 0.42, speed: 2.34, eta_seconds: 75 })).toEqual({
      name: 'Transcoding',
      fraction: 0.42,
      note: '2.3x  1:15 left',
    });
  });

  it('has no fraction if the length of the input is unknown', () => {
    expect(stageOf({ ...job, speed: 2 })).toEqual({ name: 'Transcoding', note: '2.0x' });
  });

  it('is Finishing while the output is stored', () => {
    expect(stageOf({ ...job, progress: 0.99, speed: 2, eta_seconds: 0 }).name).toBe('Finishing');
  });
});

it('a transfer shows bytes immediately, and rate and remaining time after the first second', () => {
  let now = 0;
  const show = stages(() => now);
  const upload = (loaded: number) => show({ stage: 'upload', fraction: loaded / 100e6, loaded, total: 100e6 });
  expect(upload(0)).toEqual({ name: 'Uploading', fraction: 0, note: '0 B of 100.0 MB' });
  now = 500;
  expect(upload(10e6)).toEqual({ name: 'Uploading', fraction: 0.1, note: '10.0 MB of 100.0 MB' });
  now = 2000;
  expect(upload(20e6).note).toBe('20.0 MB of 100.0 MB  10.0 MB/s  0:08 left');
  expect(upload(100e6)).toMatchObject({ fraction: 1, note: expect.not.stringContaining('left') });
});

describe('a time', () => {
  it.each([
    [0, '0:00'],
    [-3, '0:00'],
    [59.6, '1:00'],
    [75, '1:15'],
    [3599, '59:59'],
    [3661, '1:01:01'],
  ])('is formatted like a clock: %d s', (seconds, shown) => {
    expect(clock(seconds)).toBe(shown);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [52_428_800, '52.4 MB'],
  [2_048_576_000, '2.0 GB'],
  [5e12, '5000.0 GB'],
])('%d bytes are formatted as %s', (bytes, shown) => {
  expect(byteText(bytes)).toBe(shown);
});
