import { describe, expect, it } from 'vitest';
import type { JobRequest } from '../../contract/transcode-request.ts';
import { parseProbe, STANDARD_INPUT } from '../probe/probe.ts';
import type { MediaInfo, MixedFields, PlanInput } from '../types.ts';
import { fieldSampleArgs, suspectedFields } from './field-samples.ts';
import { withMixedFields } from './interlacing.ts';
import { planJob } from './plan.ts';

const VIDEO = {
  ...{ index: 0, codec_type: 'video', codec_name: 'h264', width: 1920, height: 1080, pix_fmt: 'yuv420p' },
  ...{ avg_frame_rate: '30000/1001', r_frame_rate: '30000/1001', nb_frames: '1798' },
};
const probe = (more: Record<string, unknown> = {}): MediaInfo =>
  parseProbe(JSON.stringify({ streams: [{ ...VIDEO, ...more }], format: { duration: '60' } }), {
    sizeBytes: 1e6,
    demuxer: 'mov',
  });
const inputOf = (info: MediaInfo, path = '/in/0'): PlanInput => ({ path, demuxer: info.demuxer, info });
const suspected = (more: Record<string, unknown> = {}) => suspectedFields(inputOf(probe(more)))?.suspected.kind ?? null;

describe('a video that may have mixed fields', () => {
  it.each([
    ['HD of 25 frames', { avg_frame_rate: '25/1', r_frame_rate: '25/1' }],
    ['NTSC', { width: 720, height: 480 }],
    [
      'PAL in MPEG-2',
      { width: 720, height: 576, codec_name: 'mpeg2video', avg_frame_rate: '25/1', r_frame_rate: '25/1' },
    ],
  ])('is sampled for unmarked fields if it is %s', (_, more) => {
    expect(suspected(more)).toBe('combed');
  });

  it('is sampled for film if it is marked as interlaced and has the rate of telecine', () => {
    expect(suspected({ field_order: 'tt' })).toBe('film');
    expect(suspected({ field_order: 'tt', avg_frame_rate: '25/1', r_frame_rate: '25/1' })).toBeNull();
  });

  it.each([
    ['720 lines', { width: 1280, height: 720 }],
    ['60 frames per second', { avg_frame_rate: '60/1', r_frame_rate: '60/1' }],
    ['24 frames per second', { avg_frame_rate: '24/1', r_frame_rate: '24/1' }],
    ['a variable frame rate', { r_frame_rate: '40/1' }],
    ['a rotation', { side_data_list: [{ rotation: -90 }] }],
    ['VP9', { codec_name: 'vp9' }],
    ['RGB', { pix_fmt: 'bgra' }],
    ['HDR', { color_transfer: 'arib-std-b67' }],
  ])('is not sampled if it has %s', (_, more) => {
    expect(suspected(more)).toBeNull();
  });

  it('is sampled from its middle, or after its start if it does not support seeking', () => {
    const { video } = probe();
    const middle = fieldSampleArgs(inputOf(probe()), video[0]!, 0, 'out').join(' ');
    expect(middle).toContain('-noaccurate_seek -ss 30 ');
    expect(middle).toContain('-filter:v:0 scale=160:1080:flags=area,format=gray -frames:v 12 ');
    const start = fieldSampleArgs(inputOf(probe(), STANDARD_INPUT), video[0]!, 1, 'out').join(' ');
    expect(start).not.toContain('-ss');
    expect(start).toContain('trim=start_frame=60,scale=');
  });
});

describe('mixed fields', () => {
  const commandsOf = (outputs: unknown[], fields: MixedFields | null) => {
    const info = fields ? withMixedFields(probe(), fields) : probe();
    const request = { inputs: [{ url: 'gs://b/a' }], outputs } as unknown as JobRequest;
    const { commands } = planJob(request, [inputOf(info)], { resourceClass: 'heavy', cores: 2 });
    return commands.map(({ args }) => args.join(' '));
  };
  const mp4 = { outputFormat: 'mp4' };
  const flipped = { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'hflip' }] };
  const still = { outputFormat: 'jpg', still: { at: 2 } };
  const tiles = { outputFormat: 'thumbnails', tiles: { format: 'thumbnails', count: 3 } };
  const ladder = {
    outputFormat: 'mp4',
    ladder: { format: 'hls', rungs: [{ height: 480 }], segmentSeconds: 4, isEncrypted: false },
  };

  it.each([
    [mp4, 'bwdif=mode=send_frame:parity=bff:deint=all'],
    [
      flipped,
      'bwdif=mode=send_frame:parity=bff:deint=all,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv,scale,hflip',
    ],
    [still, 'bwdif=mode=send_frame:parity=bff:deint=all,setpts'],
    [tiles, 'estdif=mode=frame:deint=all'],
    [ladder, 'bwdif=mode=send_frame:parity=bff:deint=all'],
  ])('of all frames are deinterlaced: %j', (output, filter) => {
    expect(commandsOf([output], { kind: 'combed', first: 'bottom' })[0]).toContain(filter);
    expect(commandsOf([output], null)[0]).not.toMatch(/bwdif|estdif/);
  });

  it.each([mp4, flipped, ladder])('of telecined film become the frames of the film: %j', (output) => {
    const filter = 'fps=30000/1001,fieldmatch=order=tff:combmatch=full,bwdif=mode=send_frame:deint=interlaced,decimate';
    expect(commandsOf([output], { kind: 'film', first: 'top' })[0]).toContain(filter);
  });

  it.each([still, tiles])('of telecined film are deinterlaced in pictures: %j', (output) => {
    const [command] = commandsOf([output], { kind: 'film', first: 'top' });
    expect(command).toContain('deint=all');
    expect(command).not.toContain('decimate');
  });

  it('of telecined film change the rate and the frame count of the source to the values of the film', () => {
    const { frameRate, frames } = withMixedFields(probe(), { kind: 'film', first: 'top' }).video[0]!;
    expect(frameRate).toBeCloseTo(24_000 / 1001, 6);
    expect(frames).toBe(1438);
  });

  it('do not change commands that keep the frames', () => {
    const outputs = [
      { outputFormat: 'mp4', options: [{ option: '-c', argument: 'copy' }] },
      { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'yadif' }] },
    ];
    for (const kind of ['combed', 'film'] as const)
      expect(commandsOf(outputs.slice(0, 1), { kind, first: 'top' })).toEqual(commandsOf(outputs.slice(0, 1), null));
    expect(commandsOf(outputs.slice(1), { kind: 'combed', first: 'top' })).toEqual(commandsOf(outputs.slice(1), null));
  });
});
