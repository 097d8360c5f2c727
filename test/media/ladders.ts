import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
// @ts-expect-error It has no types.
import { Parser } from 'm3u8-parser';
import type { LadderRequest } from '../../src/contract/transcode-request.ts';
import { type LadderPart, type LadderRecipe, type Plan, planJob } from '../../src/ffmpeg/index.ts';
import { packageLadder } from '../../src/sanitizer/ladder/package-ladder.ts';
import type { LadderRequest as PackageRequest, RenditionFacts } from '../../src/sanitizer/ladder/types.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { run } from '../../testkit/run.ts';
import { type Workshop, withFastEncoder } from './helpers.ts';

export interface CutLadder {
  renditions: RenditionFacts[];
  durationSeconds: number;
  /** Folder with the files of the ladder. */
  directory: string;
}

export interface LadderWorkshop {
  /** Plans the ladder of files. Returns the plan and the recipe of the ladder's files. */
  plan(files: readonly string[], ladder: Partial<LadderRequest>): Promise<{ plan: Plan; recipe: LadderRecipe }>;
  /** Runs a command in a new folder. Returns the path of the folder. */
  ffmpeg(args: readonly string[], files: readonly string[]): Promise<string>;
  /** Encodes the renditions. Returns the request that packages them. */
  encode(files: string | readonly string[], ladder: Partial<LadderRequest>): Promise<PackageRequest>;
  cut(
    files: string | readonly string[],
    ladder: Partial<LadderRequest>,
    changes?: Partial<PackageRequest>,
  ): Promise<CutLadder>;
}

/** Returns functions that make ladders as a worker does, but without a cell. */
export function ladderWorkshop(shop: Workshop): LadderWorkshop {
  let count = 0;
  const folders = new Map<string, Promise<string>>();
  const made: LadderWorkshop = {
    async plan(files, ladder) {
      const inspected = await Promise.all(files.map(inspect));
      const inputs = inspected.map((input, index) => ({ ...input, path: `/in/${index}` }));
      const settings = { format: 'cmaf' as const, rungs: 'auto' as const, segmentSeconds: 2, isEncrypted: false };
      const request = {
        inputs: files.map((url) => ({ url })),
        ...{ outputFormat: 'mp4' as const, ladder: { ...settings, ...ladder } },
      };
      const { commands } = planJob(request, inputs, { resourceClass: 'light', cores: 2 });
      const [plan] = commands as [Plan];
      if (!('tree' in plan.outputs[0]!)) throw new Error('the output is no ladder');
      return { plan, recipe: plan.outputs[0].tree.make as LadderRecipe };
    },
    async ffmpeg(args, files) {
      const folder = join(shop.dir, `ladder-${++count}`);
      await mkdir(folder);
      const hosted = withFastEncoder(args).map((arg) => {
        const input = /^\/in\/(\d)$/.exec(arg)?.[1];
        if (input !== undefined) return files[Number(input)]!;
        return arg.startsWith('/out/') ? join(folder, basename(arg)) : arg;
      });
      await run('ffmpeg', hosted, { timeout: 60_000, maxBuffer: 16 * 2 ** 20 });
      return folder;
    },
    async encode(given, ladder) {
      const files = typeof given === 'string' ? [given] : given;
      const { plan, recipe } = await made.plan(files, ladder);
      // Ladders that differ only in their packaging share the encoded renditions.
      const command = JSON.stringify([plan.args, files]);
      const encoded = folders.get(command) ?? made.ffmpeg(plan.args, files);
      folders.set(command, encoded);
      const folder = await encoded;
      const { renditions, audio, segmentSeconds, manifests } = recipe;
      const hostOf = <Part extends LadderPart>(part: Part) => ({ ...part, paths: [join(folder, basename(part.path))] });
      return {
        ...{ renditions: renditions.map(hostOf), audio: audio && hostOf(audio), pieces: null, subtitles: null },
        ...{ segmentSeconds, manifests, key: null, directory: join(shop.dir, `cut-${++count}`), maxFiles: 1000 },
      };
    },
    async cut(files, ladder, changes = {}) {
      const request = { ...(await made.encode(files, ladder)), ...changes };
      const result = packageLadder(request);
      if ('reason' in result) throw new Error(result.reason);
      return { ...result, directory: request.directory };
    },
  };
  return made;
}

export const text = (directory: string, path: string) => readFile(join(directory, path), 'utf8');

export async function readPlaylist(directory: string, path: string) {
  const parser = new Parser();
  parser.push(await text(directory, path));
  parser.end();
  return parser.manifest;
}

/** Decodes every stream. Returns the warnings of FFmpeg. */
export async function decode(path: string): Promise<string> {
  const { stderr } = await run('ffmpeg', [
    ...['-v', 'warning', '-allowed_extensions', 'ALL', '-i', path, '-map', '0', '-f', 'null', '-'],
  ]);
  return stderr;
}
