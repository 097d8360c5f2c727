import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../config/config.ts';
import { UsageError } from '../exit.ts';
import { type TranscodeFlags, transcodeCommand } from './transcode.ts';

/** A sound file without samples, which is sufficient to be detected as media. */
const WAV = Buffer.from(
  'RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\0\0\0\0',
  'latin1',
);

describe('airlock transcode', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-command-'));
    await writeFile(join(folder, 'in.wav'), WAV);
    await writeFile(join(folder, 'empty.mp4'), '');
    await writeFile(join(folder, 'page.mp4'), '<!doctype html><title>no film</title>');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const wrong: Record<string, [input: string, output: string, flags: Partial<TranscodeFlags>, message: RegExp]> = {
    'a folder as input': ['.', 'out.mp4', {}, /is not a file/],
    'an empty file': ['empty.mp4', 'out.mp4', {}, /is empty/],
    'a file that is not media': [
      'page.mp4',
      'out.mp4',
      {},
      /is a web page \(HTML\)\. Airlock doesn't support such files/,
    ],
    'an unknown extension': ['in.wav', 'out.xyz', {}, /"\.xyz" is not an output format.*mp4/],
    'an output without an extension': ['in.wav', 'out', {}, /is not an output format/],
    'an output that is the input': ['in.wav', './in.wav', {}, /same file/],
    'two outputs that are the same file': ['in.wav', 'out.mp3 out.flac ./out.mp3', {}, /Two outputs are the same file/],
    'an option that one of the formats cannot have': [
      'in.wav',
      'out.mp3 out.webm',
      { option: ['-c:v libx264'] },
      /webm does not support libx264/,
    ],
    'a target folder that does not exist': ['in.wav', 'no/where/out.mp4', {}, /is not a folder/],
    'a preset together with options': ['in.wav', 'out.mp4', { quality: 'low', option: ['-an'] }, /You cannot combine/],
    'an option without its dash': ['in.wav', 'out.mp4', { option: ['crf 20'] }, /does not start with a dash/],
  };
  it.each(Object.keys(wrong))('rejects %s before it starts a service', async (name) => {
    const [input, output, flags, message] = wrong[name]!;
    const all = { option: [], filter: [], text: [], ...flags };
    const error = await transcodeCommand(
      readConfig({}),
      join(folder, input),
      output.split(' ').map((name) => `${folder}/${name}`),
      all,
    ).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(message);
  });
});
