import { describe, expect, it } from 'vitest';
import { OptionSet } from '../policy/options/option-set.ts';
import type { AudioStream, MediaInfo, PlanInput, VideoStream } from '../types.ts';
import { lastingMedia } from './lasting.ts';

/** Plans a copy of both streams of a Matroska file of ten minutes, whose video ends after `videoSeconds`. */
function lasting(videoSeconds: number | null, subtitles: number) {
  const video = { index: 0, frameRate: 25, durationSeconds: videoSeconds } as VideoStream;
  const audio = { index: 1, durationSeconds: null } as AudioStream;
  const info = { durationSeconds: 600, video: [video], audio: [audio], isImage: false, isAnimated: false } as MediaInfo;
  const text = { subtitles, tracks: [], chapters: 0, hasTooMany: false };
  const input: PlanInput = { path: '/in/0', demuxer: 'matroska', info, text };
  const options = new OptionSet([]);
  const streams = [
    { kind: 'v' as const, input: 0, stream: video },
    { kind: 'a' as const, input: 0, stream: audio },
  ];
  return lastingMedia({ inputs: [input], inputOptions: [options], options, streams, frameRate: 25, isEntire: false });
}

describe('the expected duration of an output of a Matroska file', () => {
  it('is the duration of the file if no stream declares its own duration', () => {
    expect(lasting(null, 1)?.seconds).toBe(600);
  });

  it('is the duration of the file if the sound outlasts the video', () => {
    expect(lasting(6, 0)?.seconds).toBe(600);
  });

  it('is the duration of the video if subtitles may outlast it', () => {
    expect(lasting(6, 1)?.seconds).toBe(6);
  });
});
