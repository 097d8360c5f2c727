import { expect } from 'vitest';
import type { MediaInfo } from '../../../src/ffmpeg/index.ts';
import type { Measured, Measurement } from '../measurements.ts';

export interface Outcome {
  path: string;
  info: MediaInfo;
  plan: { args: string[]; durationSeconds: number | null };
}
export interface Check {
  (outcome: Outcome, measured: Measured): void;
  /** The measurement of the file that the check needs. Absent if the check needs only the outcome. */
  measurement?: Measurement;
}

const COLOURS = {
  red: [254, 0, 0],
  lime: [0, 255, 0],
  blue: [0, 0, 254],
  yellow: [254, 254, 0],
  white: [255, 255, 255],
  black: [0, 0, 0],
  gray: [128, 128, 128],
  purple: [127, 0, 127],
} as const;
export type ColourName = keyof typeof COLOURS;

export const size =
  (width: number, height: number): Check =>
  ({ info }) => {
    expect([info.video[0]?.width, info.video[0]?.height]).toEqual([width, height]);
  };
export const seconds =
  (value: number, tolerance = 0.16): Check =>
  ({ info }) => {
    expect(Math.abs(info.durationSeconds! - value), `lasts ${info.durationSeconds} s`).toBeLessThanOrEqual(tolerance);
  };
export const frames = (count: number): Check =>
  measuring({ kind: 'frames' }, (measured) => expect(measured).toEqual([count]));
export const rate =
  (value: number): Check =>
  ({ info }) => {
    expect(info.video[0]!.frameRate).toBeCloseTo(value, 1);
  };
export const videoCodec =
  (codec: string): Check =>
  ({ info }) => {
    expect(info.video[0]?.codec).toBe(codec);
  };
export const audioCodec =
  (codec: string): Check =>
  ({ info }) => {
    expect(info.audio[0]?.codec).toBe(codec);
  };
export const noSound: Check = ({ info }) => {
  expect(info.audio).toEqual([]);
};
export const noPicture: Check = ({ info }) => {
  expect(info.video).toEqual([]);
};
export const sound =
  (channels: number, sampleRate?: number): Check =>
  ({ info }) => {
    expect(info.audio[0]?.channels).toBe(channels);
    if (sampleRate) expect(info.audio[0]!.sampleRate).toBe(sampleRate);
  };
export const pixels =
  (format: string): Check =>
  ({ info }) => {
    expect(info.video[0]!.pixelFormat).toBe(format);
  };

/** Expects the mean color of a fifth of the frame around a point, in shares of the frame. Each channel may differ by up to 64. */
export const colour = (x: number, y: number, name: ColourName, at = 0): Check =>
  measuring({ kind: 'colour', x, y, at }, (measured) => {
    expect(farthest(measured, name), `${measured} instead of ${name} at ${x},${y} ${at} s`).toBeLessThan(64);
  });
/** Expects something other than this color at a point, such as letters, a logo or a picture. */
export const notColour = (x: number, y: number, name: ColourName, at = 0): Check =>
  measuring({ kind: 'colour', x, y, at }, (measured) => {
    expect(farthest(measured, name), `${measured} is ${name} at ${x},${y} ${at} s`).toBeGreaterThan(12);
  });
/** Expects a mean volume between `least` and `most` decibels of full scale, over `length` seconds from the time `from`. */
export const loud = (from: number, length: number, least: number, most = 0): Check =>
  measuring({ kind: 'loudness', from, length }, ([level]) => {
    expect(level).toBeGreaterThanOrEqual(least);
    expect(level).toBeLessThanOrEqual(most);
  });
export const silent = (from: number, length: number): Check => loud(from, length, -1000, -55);
/** Expects that the arguments of the command contain these words. */
export const argument =
  (...words: string[]): Check =>
  ({ plan }) => {
    for (const word of words)
      expect(
        plan.args.some((arg) => arg.includes(word)),
        word,
      ).toBe(true);
  };

function measuring(measurement: Measurement, review: (measured: Measured) => void): Check {
  return Object.assign((_: Outcome, measured: Measured) => review(measured), { measurement });
}

function farthest(measured: Measured, name: ColourName): number {
  return Math.max(...COLOURS[name].map((wanted, channel) => Math.abs(wanted - measured[channel]!)));
}
