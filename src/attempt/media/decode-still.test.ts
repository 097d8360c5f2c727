import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codedItem, encodePicture, makeStill } from '../../../test/helpers/heif.ts';
import { explainFailure, type StillPicture, stillArgs } from '../../ffmpeg/index.ts';
import type { CellSpec, Sandbox } from '../../sandbox/types.ts';
import { sanitizeFile } from '../../sanitizer/sanitize-file.ts';
import { decodeStill } from './decode-still.ts';

describe('a still that this FFmpeg does not decode', () => {
  let folder: string;
  let path: string;
  let still: StillPicture;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-still-'));
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64,format=yuv420p'];
    const avif = join(folder, 'a.avif');
    await writeFile(avif, makeStill({ items: [codedItem(1, await encodePicture(folder, 'libaom-av1', source))] }));
    path = join(folder, 'container');
    still = (await sanitizeFile({ path: avif, demuxer: 'heif', target: path, mediaBytes: null })).still!;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the FFmpeg of this machine, outside of a cell and without the decoders that an operator's build may lack. */
  const lacking = (...decoder: string[]): Pick<Sandbox, 'run'> => ({
    run: (spec: CellSpec) =>
      new Promise((resolve) => {
        const out = join(folder, 'out.png');
        const args = spec.args.map((arg) => (arg === '/in/0' ? path : arg.startsWith('/out/') ? out : arg));
        args.splice(args.indexOf('-f'), 0, ...decoder);
        execFile('ffmpeg', args, (error, _, stderr) => {
          const exitCode = error ? Number(error.code) : 0;
          const used = { cpuMs: 0, maxRssBytes: 0, wallMs: 0, build: { version: '', package: null } };
          const result = { end: 'exit', exitCode, signal: null, stderr, outputDir: folder, ...used } as const;
          resolve({ ...result, explain: () => explainFailure(result), release: async () => {} });
        });
      }),
  });
  const decode = (sandbox: Pick<Sandbox, 'run'>) =>
    decodeStill(
      { sandbox: sandbox as Sandbox },
      { path, codec: still.codec, pixels: 64 * 64, args: (input, output) => stillArgs(still, input, output) },
      { target: join(folder, 'still.png'), slot: 0, subject: 'Input 1' },
      { disk: undefined, signal: undefined },
    );

  it.each([
    ['has only the decoder for graphics cards', ['-c:v', 'av1']],
    ['has no decoder', ['-c:v', 'none-of-that-name']],
  ])('is rejected with a message that names its codec if FFmpeg %s', async (_, decoder) => {
    await expect(decode(lacking(...decoder))).rejects.toMatchObject({
      code: 'unsupported_media',
      message: expect.stringMatching(
        /^Input 1 contains a picture in AV1, which the FFmpeg of this server does not decode; convert/,
      ),
    });
  });
});
