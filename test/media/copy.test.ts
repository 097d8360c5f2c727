import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { checkOutput, detectMedia, type Plan, planTranscode, type StreamPlans } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { inspect, readHead } from '../../testkit/inspect-media.ts';
import { frameHashes } from '../../testkit/media.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import { fileOf } from '../../testkit/planned-file.ts';
import { run } from '../../testkit/run.ts';

const PICTURES = (rate: string, seconds: number) => ['-f', 'lavfi', '-i', `testsrc=s=320x240:r=${rate}:d=${seconds}`];
const SOUND = (hertz: number, seconds: number) => ['-f', 'lavfi', '-i', `sine=f=440:r=${hertz}:d=${seconds}`];
const BOTH = [...PICTURES('25', 2), ...SOUND(48_000, 2)];
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '34', '-pix_fmt', 'yuv420p'];
const X264 = (parameters: string) => ['-x264-params', parameters];
const AAC = ['-c:a', 'aac', '-b:a', '64k'];

interface Clip {
  file: string;
  args: readonly string[];
  to?: OutputFormat;
  /** Changes the bytes of the file to something that FFmpeg does not write. */
  altered?: (bytes: Buffer) => Buffer;
}

/** Clips whose streams are all copied by a preset. */
const COPIED: Record<string, Clip> = {
  'B-frames and AAC with its delay': { file: 'mp4', args: [...BOTH, ...H264, ...AAC] },
  'the index first': { file: 'mp4', args: [...BOTH, ...H264, ...AAC, '-movflags', '+faststart'] },
  'a rate of 30000/1001 to QuickTime': {
    ...{ file: 'mp4', to: 'mov' },
    args: [...PICTURES('30000/1001', 2), ...SOUND(44_100, 2), ...H264, ...AAC],
  },
  'QuickTime to MP4': { file: 'mov', args: [...BOTH, ...H264, ...AAC] },
  'audio that is longer': { file: 'mp4', args: [...PICTURES('25', 1), ...SOUND(44_100, 2.31), ...H264, ...AAC] },
  'audio that is shorter': { file: 'mp4', args: [...PICTURES('25', 2), ...SOUND(44_100, 1.03), ...H264, ...AAC] },
  'a variable rate': {
    file: 'mp4',
    args: [...BOTH, '-vf', 'select=not(eq(mod(n\\,5)\\,2))', '-fps_mode', 'vfr', ...H264, ...AAC],
  },
  'video alone': { file: 'mp4', args: [...PICTURES('25', 1), ...H264] },
  'the audio of a video to M4A': { file: 'mp4', to: 'm4a', args: [...BOTH, ...H264, ...AAC] },
  'fragments without B-frames': {
    file: 'mp4',
    args: [...BOTH, ...H264, '-bf', '0', ...AAC, '-movflags', '+frag_keyframe+empty_moov+delay_moov'],
  },
  'parameter sets that are repeated in the stream': {
    file: 'mp4',
    args: [...BOTH, ...H264, '-bsf:v', 'dump_extra=freq=keyframe', '-g', '12', ...AAC],
  },
  'delimiters between pictures': { file: 'mp4', args: [...BOTH, ...H264, ...X264('aud=1'), ...AAC] },
};

/**
 * Clips whose codec parameters in the header satisfy the preset, but which must be encoded because of their stream, times, edit list or
 * rotation.
 */
const ENCODED: Record<string, Clip & { reason: string }> = {
  'parameters that change in the stream': {
    ...COPIED['parameter sets that are repeated in the stream']!,
    altered: (bytes) => withLastSps(bytes, (sps) => sps.writeUInt8(51, 3)),
    reason: 'The parameters of the video may change, or are not understood.',
  },
  'packets that are not units of H.264': {
    ...COPIED['video alone']!,
    altered: (bytes) => {
      bytes.writeUInt32BE(2 ** 31, bytes.indexOf('mdat') + 4);
      return bytes;
    },
    reason: 'The parameters of the video may change, or are not understood.',
  },
  'a level in the header that differs from the level of the stream': {
    ...COPIED['video alone']!,
    altered: (bytes) => {
      bytes.writeUInt8(31, bytes.indexOf('avcC') + 4 + 3);
      return bytes;
    },
    reason: 'The parameters of the video may change, or are not understood.',
  },
  'open groups of pictures': {
    ...{ file: 'mp4', args: [...BOTH, ...H264, ...X264('open-gop=1:keyint=12:bframes=3'), ...AAC] },
    reason: 'Pictures of the video refer to others before a key frame.',
  },
  'an edit list that hides the start': {
    ...COPIED['video alone']!,
    altered: (bytes) => {
      const at = bytes.indexOf('elst');
      bytes.writeUInt32BE(bytes.readUInt32BE(at + 16) + 12_800, at + 16);
      return bytes;
    },
    reason: 'An edit list hides a part of the video.',
  },
  'a display matrix that turns the picture upside down': {
    ...COPIED['video alone']!,
    altered: (bytes) => {
      bytes.writeInt32BE(-0x10000, bytes.indexOf('tkhd') + 4 + 40 + 16);
      return bytes;
    },
    reason: 'The container describes the video in a way that a copy could lose.',
  },
  rotation: {
    ...{ file: 'mp4', args: [...PICTURES('25', 1), ...H264] },
    altered: (bytes) => {
      const at = bytes.indexOf('tkhd') + 4 + 40;
      for (const [index, value] of [0, 0x10000, 0, -0x10000, 0].entries()) bytes.writeInt32BE(value, at + index * 4);
      return bytes;
    },
    reason: 'The video is rotated.',
  },
};

/** Applies a change to the last SPS among the packets. */
function withLastSps(bytes: Buffer, change: (sps: Buffer) => void): Buffer {
  const config = bytes.indexOf('avcC') + 4;
  const sps = bytes.subarray(config + 8, config + 8 + bytes.readUInt16BE(config + 6));
  change(bytes.subarray(bytes.lastIndexOf(Buffer.from(sps))));
  return bytes;
}

const clips = { ...COPIED, ...ENCODED };
const names = Object.keys(clips);

interface Made {
  source: string;
  /** Path of the remuxed container, which FFmpeg reads. */
  container: string;
  output: string;
  plan: Plan;
}

describe('a preset that is applied to real files', () => {
  let folder: string;
  let made: Map<string, Made>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-copy-'));
    const recipes = names.map((name, index) => ({
      path: join(folder, `${index}.${clips[name]!.file}`),
      args: clips[name]!.args,
    }));
    await makeAllMedia(recipes);
    made = new Map(
      await Promise.all(
        names.map(async (name, index) => [name, await transcode(recipes[index]!.path, clips[name]!)] as const),
      ),
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function transcode(source: string, { to = 'mp4', altered }: Clip): Promise<Made> {
    if (altered) await writeFile(source, altered(await readFile(source)));
    const { demuxer } = (await detectMedia(await readHead(source)))!;
    const container = `${source}.container`;
    const { packets } = await sanitizeFile({
      path: source,
      demuxer,
      target: container,
      mediaBytes: null,
      packets: true,
    });
    const input = { ...(await inspect(container)), path: '/in/0', packets };
    const request = { inputs: [{ url: 'gs://b/a' }], outputFormat: to };
    const plan = planTranscode(request, [input], { resourceClass: 'light', cores: 2 });
    const output = `${source}.out.${to}`;
    const args = plan.args.map((arg) => (arg === '/in/0' ? container : arg.startsWith('/out/') ? output : arg));
    // FFmpeg may fail for a damaged file, because only its plan is tested.
    await run('ffmpeg', args).catch((error) => {
      if (!altered) throw error;
    });
    return { source, container, output, plan };
  }

  it.each(Object.keys(COPIED))('copies %s, with every frame and its time', async (name) => {
    const { source, output, plan } = made.get(name)!;
    expect(modes(plan.outputs[0]!.streams)).not.toContain('encoded');
    const { info } = await inspect(output);
    checkOutput(fileOf(plan.outputs[0]).expect, info);
    // If the output has no video, only the audio of the source is compared.
    const kinds = plan.outputs[0]!.streams.video ? [] : ['-vn'];
    expect(await frameHashes(output)).toEqual(await frameHashes(source, kinds));
  });

  it('omits data that the encoder stored next to the pictures', async () => {
    const { source, output } = made.get('B-frames and AAC with its delay')!;
    expect(await readFile(source)).toSatisfy((bytes: Buffer) => bytes.includes('x264 - core'));
    expect(await readFile(output)).toSatisfy((bytes: Buffer) => !bytes.includes('x264 - core'));
  });

  it.each(Object.keys(ENCODED))('encodes %s', (name) => {
    expect(made.get(name)!.plan.outputs[0]!.streams.video).toEqual({ mode: 'encoded', reason: ENCODED[name]!.reason });
  });
});

const modes = ({ video, audio }: StreamPlans) => [video?.mode, audio?.mode];
