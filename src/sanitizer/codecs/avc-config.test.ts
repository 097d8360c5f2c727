import { describe, expect, it } from 'vitest';
import { readAvcConfig } from './avc-config.ts';

describe('the decoder configuration of H.264', () => {
  const SPS = [0x67, 0x64, 0x00, 0x1f, 0xac];
  const PPS = [0x68, 0xeb, 0xec];
  const config = (sets: number[][], pictures: number[][], head = [1, 0x64, 0x00, 0x1f, 0xff]) => {
    const list = (units: number[][]) => units.flatMap((bytes) => [0, bytes.length, ...bytes]);
    return Buffer.from([...head, 0xe0 | sets.length, ...list(sets), pictures.length, ...list(pictures)]);
  };

  it('contains the level and the parameter sets', () => {
    expect(readAvcConfig(config([SPS], [PPS]))).toEqual({ level: 31, sets: [Buffer.from(SPS), Buffer.from(PPS)] });
  });

  it.each([
    ['two sequence parameter sets', config([SPS, SPS], [PPS])],
    ['no picture parameter set', config([SPS], [])],
    ['another level than its parameter set', config([SPS], [PPS], [1, 0x64, 0x00, 0x28, 0xff])],
    ['lengths of two bytes', config([SPS], [PPS], [1, 0x64, 0x00, 0x1f, 0xfd])],
    ['a unit of another type', config([SPS], [[0x65, 1]])],
  ])('cannot be read if it has %s', (_, bytes) => {
    expect(readAvcConfig(bytes)).toBeNull();
  });

  it('cannot be read if it is cut off at any position', () => {
    const complete = config([SPS], [PPS]);
    for (let length = 0; length < complete.length; length += 1)
      expect(readAvcConfig(complete.subarray(0, length))).toBeNull();
  });
});
