import { describe, expect, it } from 'vitest';
import { parseProbe } from '../probe/probe.ts';
import { mainAudio, mainVideo } from './streams.ts';

type Stream = Record<string, unknown>;

const video = (width: number, disposition: Record<string, number> = {}): Stream => {
  return { codec_type: 'video', codec_name: 'h264', width, height: width, disposition };
};
const audio = (disposition: Record<string, number> = {}): Stream => ({
  ...{ codec_type: 'audio', codec_name: 'aac', channels: 2, sample_rate: '48000', disposition },
});
const info = (streams: Stream[], programs: number[][] = []) =>
  parseProbe(
    JSON.stringify({
      streams: streams.map((stream, index) => ({ index, ...stream })),
      programs: programs.map((indexes) => ({ streams: indexes.map((index) => ({ index })) })),
    }),
    { sizeBytes: 1, demuxer: 'mpegts' },
  );

describe('the main video', () => {
  it.each<[string, number, Stream[]]>([
    ['the default stream instead of a larger stream', 1, [video(640), video(320, { default: 1 })]],
    ['the larger of two default streams', 1, [video(160, { default: 1 }), video(640, { default: 1 })]],
    ['the larger stream if none is the default', 1, [video(160), video(640)]],
    ['the first of equal streams', 0, [video(640), video(640)]],
    ['video instead of larger cover art', 1, [video(640, { attached_pic: 1, default: 1 }), video(160)]],
    ['video instead of a default still picture', 1, [video(640, { still_image: 1, default: 1 }), video(160)]],
  ])('is %s', (_, index, streams) => {
    expect(mainVideo(info(streams))!.index).toBe(index);
  });
});

describe('the main audio', () => {
  it.each<[string, number, Stream[], number[][]?]>([
    ['the default stream', 1, [audio(), audio({ default: 1 })]],
    ['a stream that is not a commentary', 1, [audio({ comment: 1, default: 1 }), audio()]],
    [
      'a stream that is not for impaired listeners',
      2,
      [audio({ visual_impaired: 1 }), audio({ hearing_impaired: 1 }), audio()],
    ],
    ['a commentary if there is nothing else', 0, [audio({ comment: 1 })]],
    [
      'audio of the program of the main video',
      3,
      [video(160), audio({ default: 1 }), video(640), audio()],
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      'audio that two programs share',
      2,
      [video(160), video(640), audio()],
      [
        [0, 2],
        [1, 2],
      ],
    ],
    [
      'audio of another program if the program of the main video has none',
      1,
      [video(160), audio(), video(640)],
      [[0, 1], [2]],
    ],
    ['the default stream if there is one program', 2, [video(160), audio(), audio({ default: 1 })], [[0, 1]]],
  ])('is %s', (_, index, streams, programs) => {
    expect(mainAudio(info(streams, programs))!.index).toBe(index);
  });
});
