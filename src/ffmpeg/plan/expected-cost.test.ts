import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { parseProbe } from '../probe/probe.ts';
import type { PlanInput } from '../types.ts';
import { isBrief } from './expected-cost.ts';
import { planTranscode } from './plan.ts';

const LIGHT_BYTES = 512 * 2 ** 20;
const HD = {
  codec_type: 'video',
  codec_name: 'h264',
  width: 1280,
  height: 720,
  pix_fmt: 'yuv420p',
  avg_frame_rate: '30/1',
};

function inputOf(seconds: string | undefined, stream: Record<string, unknown> = {}): PlanInput {
  const format = { ...(seconds !== undefined && { duration: seconds }), bit_rate: '4000000' };
  const streams = [{ index: 0, ...HD, ...stream }];
  const info = parseProbe(JSON.stringify({ streams, format }), { sizeBytes: 1e6, demuxer: 'mov' });
  return { path: '/in/0', demuxer: 'mov', info };
}

const option = (name: string, argument: string) => ({ option: name, argument });
const planOf = (input: PlanInput, more: Partial<TranscodeRequest> = {}, cores = 2) =>
  planTranscode({ inputs: [{ url: 'gs://b/a' }], outputFormat: 'mp4', ...more }, [input], {
    resourceClass: 'heavy',
    cores,
  });
const brief = (input: PlanInput, more: Partial<TranscodeRequest> = {}, bytes = LIGHT_BYTES) =>
  isBrief({ commands: [planOf(input, more)] }, [input], bytes);
const MEDIUM = { options: [option('-preset', 'medium')] };

describe('the expected cost of an encode', () => {
  it('grows with the picture, the duration and the preset, and is less than a third of the limit', () => {
    const costs = [
      planOf(inputOf('2'), { options: [option('-preset', 'ultrafast')] }),
      planOf(inputOf('2'), MEDIUM),
      planOf(inputOf('4'), MEDIUM),
      planOf(inputOf('4', { width: 1920, height: 1080 }), MEDIUM),
      planOf(inputOf('4', { width: 1920, height: 1080 }), { options: [option('-preset', 'veryslow')] }),
    ].map(({ expectedCpuSeconds, cpuSeconds }) => [expectedCpuSeconds!, cpuSeconds] as const);
    const expected = costs.map(([seconds]) => seconds);
    expect(expected).toEqual([...expected].sort((a, b) => a - b));
    for (const [seconds, limit] of costs) expect(seconds).toBeLessThan(limit / 3);
  });

  it('is close to the measured 1.4 CPU seconds for two seconds of 720p at medium', () => {
    expect(planOf(inputOf('2'), MEDIUM).expectedCpuSeconds).toBeGreaterThan(1.2);
    expect(planOf(inputOf('2'), MEDIUM).expectedCpuSeconds).toBeLessThan(2.1);
  });

  it('is unknown if the duration is unknown', () => {
    expect(planOf(inputOf(undefined)).expectedCpuSeconds).toBeNull();
  });
});

describe('an encode', () => {
  it.each<[string, boolean, PlanInput, Partial<TranscodeRequest>]>([
    ['is brief for a second and a half of 720p', true, inputOf('1.5'), MEDIUM],
    ['is not brief for a minute of 720p', false, inputOf('60'), MEDIUM],
    [
      'is not brief for a second of 720p at veryslow',
      false,
      inputOf('1'),
      { options: [option('-preset', 'veryslow')] },
    ],
    ['is not brief at a thousand frames a second', false, inputOf('1.5', { avg_frame_rate: '1000/1' }), MEDIUM],
    ['is not brief for a short output of a long input', false, inputOf('3600'), { options: [option('-t', '1')] }],
    ['is not brief if the duration is unknown', false, inputOf(undefined), MEDIUM],
    ['is not brief with a costly filter', false, inputOf('1.5'), { filters: [{ filter: '[0:v]nlmeans[v]' }] as never }],
    [
      'is not brief with a tone map',
      false,
      inputOf('0.2', { color_transfer: 'smpte2084', pix_fmt: 'yuv420p10le' }),
      MEDIUM,
    ],
    ['is not brief with an encoder of unknown cost', false, inputOf('1.5'), { options: [option('-c:v', 'libx265')] }],
  ])('%s', (_, expected, input, more) => {
    expect(brief(input, more)).toBe(expected);
  });

  it('is not brief if it needs more than the memory of a light slot', () => {
    const input = inputOf('1', { width: 1920, height: 1080, avg_frame_rate: '10/1' });
    expect(brief(input, MEDIUM, 2 ** 40)).toBe(true);
    expect(brief(input, MEDIUM)).toBe(false);
  });

  it('is not brief if the commands of its job together need too many CPU seconds', () => {
    const input = inputOf('2');
    const command = planOf(input, MEDIUM);
    expect(isBrief({ commands: [command] }, [input], LIGHT_BYTES)).toBe(true);
    expect(isBrief({ commands: [command, command] }, [input], LIGHT_BYTES)).toBe(false);
  });
});
