import { describe, expect, it } from 'vitest';
import { fileOf } from '../../../testkit/planned-file.ts';
import type { MultiOutputRequest, OutputRequest } from '../../contract/transcode-request.ts';
import { parseJob } from '../policy/options/parse-job.ts';
import type { JobPlan } from '../types.ts';
import { assumedInfo } from './assumed-media.ts';
import { planJob, planTranscode } from './plan.ts';

const FILES = ['/in/0', '/in/1'].map((path) => ({ path, demuxer: 'mov', info: assumedInfo('mov') }));
const CONTEXT = { resourceClass: 'heavy', cores: 2 } as const;

function request(outputs: OutputRequest[], inputs = 1): MultiOutputRequest {
  return { inputs: FILES.slice(0, inputs).map(({ path }) => ({ url: `gs://b${path}` })), outputs };
}

function plan(outputs: OutputRequest[], inputs = 1, more: { memoryBytes?: number } = {}): JobPlan {
  return planJob(request(outputs, inputs), FILES.slice(0, inputs), { ...CONTEXT, ...more });
}

/** Returns the positions of the outputs of each command. */
const positions = ({ commands }: JobPlan) => commands.map(({ outputs }) => outputs.map(({ position }) => position));
const countOf = (args: readonly string[], flag: string) => args.filter((argument) => argument === flag).length;

const SIZES = (['720p', '480p'] as const).map((resolution) => ({
  outputFormat: 'mp4' as const,
  preset: { resolution },
}));

describe('the outputs of a job', () => {
  it('share one command, which opens the input once and writes each file with its own encoder', () => {
    const found = plan([...SIZES, { outputFormat: 'mp3' }]);
    expect(positions(found)).toEqual([[0, 1, 2]]);
    const { args, outputs } = found.commands[0]!;
    expect([countOf(args, '-i'), countOf(args, '-c:v'), countOf(args, '-c:a'), countOf(args, '-fs')]).toEqual([
      1, 2, 3, 3,
    ]);
    expect(outputs.map((output) => fileOf(output).path)).toEqual([
      '/out/output.mp4',
      '/out/output-2.mp4',
      '/out/output-3.mp3',
    ]);
    expect(outputs.map((output) => args.includes(fileOf(output).path))).toEqual([true, true, true]);
    expect(outputs[2]!.streams).toMatchObject({ video: null, audio: { mode: 'encoded' } });
  });

  it('have the same arguments as in a job with a single output', () => {
    const outputs: OutputRequest[] = [...SIZES, { outputFormat: 'webm', options: [{ option: '-crf', argument: 40 }] }];
    const shared = plan(outputs).commands[0]!.args.join(' ');
    for (const [position, output] of outputs.entries()) {
      const { inputs } = request([]);
      const { args } = planTranscode({ inputs, ...output }, FILES.slice(0, 1), CONTEXT);
      const own = args.slice(args.indexOf('-i') + 2, -1).join(' ');
      expect(shared, `output ${position}`).toContain(own);
    }
  });

  it('have separate commands if they start at different times', () => {
    const still: OutputRequest = { outputFormat: 'jpg' };
    const late: OutputRequest = { outputFormat: 'mp4', options: [{ option: '-ss', argument: 10 }] };
    expect(positions(plan([SIZES[0]!, still, SIZES[1]!, late, late]))).toEqual([[0, 2], [1], [3, 4]]);
  });

  it('have a separate command for a copy, which would otherwise wait for the other encoders', () => {
    const copy: OutputRequest = { outputFormat: 'mkv', options: [{ option: '-c', argument: 'copy' }] };
    expect(positions(plan([SIZES[0]!, copy, SIZES[1]!]))).toEqual([[0, 2], [1]]);
  });

  it('have a separate command for drawn text, and layers with different names', () => {
    const text: OutputRequest = {
      outputFormat: 'mp4',
      options: [{ option: '@text-overlay', argument: { text: 'Hi' } }],
    };
    const found = plan([SIZES[0]!, text, text]);
    expect(positions(found)).toEqual([[0], [1], [2]]);
    const layers = found.commands.flatMap((command) => command.layers.map(({ path }) => path));
    expect(new Set(layers).size).toBe(2);
  });

  it('map different streams if several outputs have a graph or join several inputs', () => {
    const graph: OutputRequest = { outputFormat: 'mp4', filters: [{ filter: '[0:v]hflip[v]' }] };
    for (const { commands } of [plan([graph, graph]), plan(SIZES, 2)]) {
      expect(commands).toHaveLength(1);
      const maps = commands[0]!.args.filter(
        (_, index, all) => all[index - 1] === '-map' && all[index]!.startsWith('['),
      );
      expect(new Set(maps).size).toBe(maps.length);
      expect(maps.length).toBeGreaterThan(1);
    }
  });

  it('reserve the memory of all encoders and one decoder, and the bytes and time of all files', () => {
    const [one, both] = [plan([SIZES[0]!]).commands[0]!, plan(SIZES).commands[0]!];
    const alone = plan([SIZES[1]!]).commands[0]!;
    expect(both.memoryBytes).toBeGreaterThan(Math.max(one.memoryBytes, alone.memoryBytes));
    expect(both.memoryBytes).toBeLessThan(one.memoryBytes + alone.memoryBytes);
    expect(both.wallMs).toBeGreaterThan(one.wallMs);
    expect(both.outputBytes).toBeGreaterThan(2 * fileOf(both.outputs[0]).expect.maxBytes);
  });

  it('have several commands if one command would need more memory than a cell has', () => {
    const { memoryBytes } = plan(SIZES).commands[0]!;
    expect(positions(plan(SIZES, 1, { memoryBytes }))).toEqual([[0, 1]]);
    expect(positions(plan(SIZES, 1, { memoryBytes: memoryBytes - 1 }))).toEqual([[0], [1]]);
  });

  it('have the requested bit rate of the video, or of audio alone, instead of a quality', () => {
    const { args } = plan([
      { outputFormat: 'mp4', preset: { resolution: '480p' }, bitrate: '900k' },
      { outputFormat: 'mp3', bitrate: 64_000 },
    ]).commands[0]!;
    const text = args.join(' ');
    expect(text).toContain('-b:v 900000');
    expect(text).not.toContain('-crf:v');
    expect(text).toContain('-b:a 64000');
  });

  it('fail separately if the inputs do not allow them', () => {
    const info = { ...FILES[0]!.info, audio: [] };
    const outputs: OutputRequest[] = [{ outputFormat: 'mp3' }, { outputFormat: 'mp4' }];
    const found = planJob(request(outputs), [{ ...FILES[0]!, info }], CONTEXT);
    expect(positions(found)).toEqual([[1]]);
    expect(found.failures).toMatchObject([{ position: 0, code: 'no_audio_stream' }]);
    const silent = () => planJob(request([{ outputFormat: 'mp3' }]), [{ ...FILES[0]!, info }], CONTEXT);
    expect(silent).toThrow('The input has no audio');
  });

  it('have warnings with the position of the output', () => {
    const odd: OutputRequest = { outputFormat: 'mp4', options: [{ option: '-shortest' }, { option: '-y' }] };
    const { commands } = plan([SIZES[0]!, odd]);
    const fields = commands.flatMap(({ warnings }) => warnings.map(({ field }) => field));
    expect(fields).toEqual(['outputs[1].options[1]']);
  });
});

describe('a request for several outputs', () => {
  it('is rejected with the position of each fault, and only once for a fault in a shared input', () => {
    const { rejections } = parseJob({
      inputs: [{ url: 'gs://b/a', options: [{ option: '-filter_script', argument: 'x' }] }],
      outputs: [
        { outputFormat: 'mp4' },
        { outputFormat: 'mp4', options: [{ option: '-attach', argument: '/etc/passwd' }] },
        { outputFormat: 'mp4', filters: [{ filter: 'movie=/etc/passwd' }] },
        { outputFormat: 'png', bitrate: 1000 },
        { outputFormat: 'mp4', bitrate: 1000, options: [{ option: '-crf', argument: 20 }] },
      ],
    });
    expect(rejections.map(({ field }) => field)).toEqual([
      'inputs[0].options[0]',
      'outputs[1].options[0]',
      'outputs[2].filters[0]',
      'outputs[3].bitrate',
      'outputs[4].bitrate',
    ]);
  });

  it('has one budget, regardless of the number of its outputs', () => {
    const options = Array.from({ length: 60 }, () => ({ option: '-crf', argument: 20 }));
    const outputs = Array.from({ length: 10 }, () => ({ outputFormat: 'mp4' as const, options }));
    const { rejections } = parseJob(request(outputs));
    expect(rejections).toMatchObject([
      { field: 'outputs[5].options[0]', reason: expect.stringContaining('more than 300 options') },
    ]);
  });

  it('lists a file that several outputs name only once', () => {
    const filters = [{ filter: "[0:v]subtitles='https://h.example/x.srt'[v]" }];
    const { assets } = parseJob(
      request([
        { outputFormat: 'mp4', filters },
        { outputFormat: 'webm', filters },
      ]),
    );
    expect(assets).toMatchObject([{ kind: 'subtitle', field: 'outputs[0].filters[0]' }]);
  });
});
