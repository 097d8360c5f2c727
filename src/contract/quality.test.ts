import { describe, expect, it } from 'vitest';
import { describeIssue } from './faults/describe-issue.ts';
import { createBody } from './transcodes.ts';

/** Returns the first fault of a request, as in the response. Returns null if the request has no fault. */
function faultOf(fields: object): { field: string; reason: string; remedy?: string | undefined } | null {
  const value = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4', ...fields };
  const parsed = createBody.safeParse(value);
  return parsed.success ? null : describeIssue(parsed.error.issues[0]!, { name: 'body', value, schema: createBody });
}

const target = { metric: 'ssim', at_least: 0.98 };
const option = (name: string, argument?: string) => ({ options: [{ option: name, argument }] });

describe('a target', () => {
  it.each([
    ['alone', { target }],
    ['in the preset', { preset: { resolution: '720p', target } }],
    ['of XPSNR', { target: { metric: 'xpsnr', at_least: 40 } }],
    ['with a maximum bit rate', { target, max_bitrate: '2M' }],
    ['for another encoder', { target, ...option('-c:v', 'x265') }],
    ['with a bit rate of the audio', { target, ...option('-b:a', '96k') }],
    ['for an AVI with H.264', { target, outputFormat: 'avi', ...option('-vcodec', 'libx264') }],
  ])('%s is accepted', (_, fields) => {
    expect(faultOf(fields)).toBeNull();
  });

  it.each<[string, object, string, RegExp]>([
    ['of an unknown metric', { target: { ...target, metric: 'sim' } }, 'target.metric', /ssim/],
    ['of PSNR', { target: { ...target, metric: 'psnr' } }, 'target.metric', /xpsnr/],
    ['above the range', { target: { ...target, at_least: 98 } }, 'target.at_least', /0\.5 to 0\.9999.*0\.98/],
    ['below the range', { target: { metric: 'xpsnr', at_least: 0.98 } }, 'target.at_least', /15 to 60.*40/],
    ['without a number', { target: { metric: 'ssim' } }, 'target.at_least', /./],
    ['with a CRF', { target, ...option('-crf', '20') }, 'target', /-crf: the target determines/],
    ['with a CRF of a stream', { target, ...option('-crf:v:0', '20') }, 'target', /-crf/],
    ['with a bit rate', { target, ...option('-b:v', '1M') }, 'target', /-b/],
    ['with the bit rate of the output', { target, bitrate: '1M' }, 'target', /max_bitrate/],
    ['for a copied stream', { target, ...option('-c', 'copy') }, 'target', /encodes nothing/],
    ['for an encoder without a CRF', { target, ...option('-c:v', 'prores_ks') }, 'target', /prores_ks.*libx264/],
    ['for a misspelled encoder', { target, ...option('-c:v', 'libx246') }, 'target', /Did you mean libx264/],
    ['without video', { target, ...option('-vn') }, 'target', /-vn/],
    ['for audio', { target, outputFormat: 'mp3' }, 'target', /mp3.*such as mp4/],
    ['for a still', { target, outputFormat: 'jpg', still: {} }, 'target', /still/],
    ['for a ladder', { target, outputFormat: 'hls' }, 'target', /hls.*bitrate of each rendition.*measure/],
    ['for the default encoder of AVI', { target, outputFormat: 'avi' }, 'target', /libx264/],
    ['in the preset of audio', { preset: { target }, outputFormat: 'mp3' }, 'preset.target', /mp3/],
    ['set twice', { target, preset: { target } }, 'preset.target', /twice/],
  ])('%s is rejected', (_, fields, field, text) => {
    const body = 'bitrate' in fields ? inOutputs(fields) : fields;
    const fault = faultOf(body);
    expect(fault?.field).toBe('bitrate' in fields ? `outputs[0].${field}` : field);
    expect(`${fault?.reason}. ${fault?.remedy}`).toMatch(text);
  });

  it('is required for a maximum bit rate', () => {
    expect(faultOf({ max_bitrate: '2M' })).toMatchObject({
      field: 'max_bitrate',
      remedy: expect.stringMatching(/target/),
    });
  });
});

describe('a list of measures', () => {
  it('is accepted for videos and ladders, and rejected for other outputs, unknown metrics and no metrics', () => {
    expect(faultOf({ measure: ['ssim', 'xpsnr', 'psnr'] })).toBeNull();
    expect(faultOf({ measure: ['ssim'], outputFormat: 'hls' })).toBeNull();
    expect(faultOf({ measure: ['ssim'], outputFormat: 'gif' })?.field).toBe('measure');
    expect(faultOf({ measure: ['ssim'], outputFormat: 'sprite', every_seconds: 5 })?.field).toBe('measure');
    expect(faultOf({ measure: ['vmaf'] })?.field).toBe('measure[0]');
    expect(faultOf({ measure: [] })?.field).toBe('measure');
  });
});

/** Moves the fields into an entry of `outputs`, because only entries have the field `bitrate`. */
function inOutputs(fields: object) {
  return { outputFormat: undefined, outputs: [{ outputFormat: 'mp4', ...fields }] };
}
