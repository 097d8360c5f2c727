import { describe, expect, it } from 'vitest';
import { readAvcConfig } from './avc-config.ts';
import { payloadTypes } from './sei.ts';

const unit = (...bytes: number[]) => Buffer.from([6, ...bytes]);

describe('the payloads of a SEI unit', () => {
  it.each([
    ['one', unit(5, 2, 1, 1, 0x80), [5]],
    ['several', unit(1, 1, 9, 6, 1, 0xc4, 0x80), [1, 6]],
    ['types and sizes above 254', unit(255, 1, 255, 1, ...Array(256).fill(7), 0x80), [256]],
    ['bytes that look like a start code', unit(4, 4, 0, 0, 3, 1, 9, 0x80), [4]],
  ])('are found: %s', (_, bytes, types) => {
    expect(payloadTypes(bytes)).toEqual(types);
  });

  it.each([
    ['nothing', unit()],
    ['no payload', unit(0x80)],
    ['a size beyond the end', unit(5, 9, 1, 0x80)],
    ['data after the last payload', unit(5, 1, 1, 0x80, 0x80)],
    ['no trailing bit', unit(5, 1, 1, 0)],
  ])('are unknown in a unit with %s', (_, bytes) => {
    expect(payloadTypes(bytes)).toBeNull();
  });
});

describe('the decoder configuration of H.264', () => {
  const SPS = [0x67, 0x64, 0x00, 0x1f, 0xac];
  const PPS = [0x68, 0xeb, 0xec];
  const config = (sets: number[][], pictures: number[][], head = [1, 0x64, 0x00, 0x1f, 0xff]) => {
    const list = (units: number[][]) => units.flatMap((bytes) => [0, bytes.length, ...bytes]);
    return Buffer.from([...head, 0xe0 | sets.length, ...list(sets), pictures.length, ...list(pictures)]);
  };

  it('gives level and parameter sets', () => {
    expect(readAvcConfig(config([SPS], [PPS]))).toEqual({ level: 31, sets: [Buffer.from(SPS), Buffer.from(PPS)] });
  });

  it.each([
    ['two sequence parameter sets', config([SPS, SPS], [PPS])],
    ['no picture parameter set', config([SPS], [])],
    ['another level than its parameter set', config([SPS], [PPS], [1, 0x64, 0x00, 0x28, 0xff])],
    ['lengths of two bytes', config([SPS], [PPS], [1, 0x64, 0x00, 0x1f, 0xfd])],
    ['a unit of another type', config([SPS], [[0x65, 1]])],
  ])('is unknown with %s', (_, bytes) => {
    expect(readAvcConfig(bytes)).toBeNull();
  });

  it('is unknown wherever it is cut off', () => {
    const whole = config([SPS], [PPS]);
    for (let length = 0; length < whole.length; length += 1)
      expect(readAvcConfig(whole.subarray(0, length))).toBeNull();
  });
});
