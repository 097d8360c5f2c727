import { describe, expect, it } from 'vitest';
import { OptionSet } from '../../policy/options/option-set.ts';
import { joinedColor, outputColor, planConversion, SDR_VIDEO } from './convert.ts';
import { type ColoredStream, sourceColor } from './source-color.ts';

const stream = (more: Partial<ColoredStream> = {}): ColoredStream => ({
  ...{ pixelFormat: 'yuv420p', width: 1920, height: 1080, colorSpace: null, colorPrimaries: null },
  ...{ colorTransfer: null, colorRange: null, isHdr: false, ...more },
});
const named = (name: string) => ({ colorSpace: name, colorPrimaries: name, colorTransfer: name });
const none = new OptionSet([]);
const JPEG = outputColor('mjpeg', 'yuvj420p', none);
const WEBP = outputColor('libwebp', 'yuv420p', none);
const PNG = outputColor('png', 'rgb24', none);

describe('the colors of a source', () => {
  it.each([
    ['HD', { width: 1280, height: 720 }, 'bt709'],
    ['portrait HD', { width: 720, height: 1280 }, 'bt709'],
    ['a wide picture of few lines', { width: 1920, height: 400 }, 'bt709'],
    ['NTSC', { width: 720, height: 480 }, 'smpte170m'],
    ['PAL', { width: 720, height: 576 }, 'bt470bg'],
    ['a reserved matrix', { colorSpace: 'reserved' }, 'bt709'],
    ['the matrix of RGB on YUV', { colorSpace: 'gbr' }, 'bt709'],
    ['a matrix of constant luminance', { colorSpace: 'bt2020c' }, 'bt2020nc'],
    ['a matrix that FFmpeg cannot convert', { colorSpace: 'ictcp', colorPrimaries: 'bt709' }, 'bt709'],
    ['PQ without a matrix', { isHdr: true, colorTransfer: 'smpte2084' }, 'bt2020nc'],
    ['BT.2020 without a matrix', { colorPrimaries: 'bt2020' }, 'bt2020nc'],
    ['RGB', { pixelFormat: 'rgba', colorSpace: 'bt709' }, 'gbr'],
  ])('have an assumed matrix for %s', (_, more, matrix) => {
    expect(sourceColor(stream(more)).matrix).toBe(matrix);
  });

  it.each(['reserved', 'ebu3213'])(
    'have the primaries of the matrix if the declared primaries are %s',
    (colorPrimaries) => {
      const { primaries, assumed } = sourceColor(stream({ ...named('bt709'), colorPrimaries }));
      expect([primaries, assumed]).toEqual(['bt709', ['primaries']]);
    },
  );

  it('have full range only in RGB, in JPEG, and if they declare it', () => {
    const full = [{ pixelFormat: 'yuvj420p' }, { pixelFormat: 'rgb24' }, { pixelFormat: 'gray' }, { colorRange: 'pc' }];
    for (const more of full) expect(sourceColor(stream(more)).range).toBe('pc');
    expect(sourceColor(stream()).range).toBe('tv');
  });
});

describe('a conversion of colors', () => {
  const empty = { tags: [], toneMap: false, scale: [], after: [], last: [] };

  it('changes nothing about video whose tags are complete', () => {
    for (const name of ['bt709', 'smpte170m']) {
      expect(planConversion(stream(named(name)), SDR_VIDEO)).toEqual(empty);
    }
  });

  it('changes nothing about pictures of BT.601', () => {
    expect(planConversion(stream({ ...named('smpte170m') }), JPEG)).toEqual(empty);
    expect(planConversion(stream({ ...named('smpte170m') }), WEBP)).toEqual(empty);
    expect(planConversion(stream({ pixelFormat: 'rgb24', colorSpace: 'gbr' }), PNG)).toEqual(empty);
  });

  it('tags video that lacks tags', () => {
    const { tags } = planConversion(stream(), SDR_VIDEO);
    expect(tags[0]).toBe('setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv');
  });

  it('converts pictures of BT.709 to the matrix that their readers assume', () => {
    expect(planConversion(stream(named('bt709')), JPEG).after).toEqual([
      'format=gbrp',
      'scale=out_color_matrix=bt601:out_range=pc',
    ]);
    expect(planConversion(stream(named('bt709')), WEBP).after[1]).toBe('scale=out_color_matrix=bt601:out_range=tv');
    expect(planConversion(stream(named('bt709')), PNG).last).toEqual([
      'setparams=color_primaries=bt709:color_trc=iec61966-2-1',
    ]);
  });

  it('keeps BT.2020 only in outputs with more than 8 bits', () => {
    const wide = stream({ ...named('bt2020nc'), colorPrimaries: 'bt2020', colorTransfer: 'bt2020-10' });
    expect(planConversion(wide, SDR_VIDEO).after.join()).toContain('zscale=primariesin=bt2020');
    expect(planConversion(wide, outputColor('libx265', 'yuv420p10le', none))).toEqual(empty);
  });

  it('has one target for all segments of a join', () => {
    const equal = joinedColor([stream(named('smpte170m')), stream(named('smpte170m'))], SDR_VIDEO);
    expect(equal.stated.matrix).toBe('smpte170m');
    const mixed = joinedColor([stream(named('smpte170m')), stream({ pixelFormat: 'rgb24' })], SDR_VIDEO);
    expect(mixed.stated).toEqual({ matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' });
  });
});
