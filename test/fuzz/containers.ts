import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openMedia } from '../../src/attempt/media/open-media.ts';
import { JobFailure } from '../../src/contract/failures.ts';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import { ProgressReader, parseRequest, planTranscode } from '../../src/ffmpeg/index.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { stageMeter } from '../../src/telemetry/index.ts';
import { damaged, restructured } from '../../testkit/bytes.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { fileOf } from '../../testkit/planned-file.ts';
import type { Random } from '../../testkit/random.ts';
import { faultOf, removeCase, watchMemory } from './bounds.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { makeSeeds, type SeedFile } from './container-seeds.ts';

/** Milliseconds in addition to the wall limit of a cell that the start and the cleanup of the cell may need on a busy machine. */
const GRACE_MS = 10_000;
const PROBE_WALL_MS = 15_000;
const TRANSCODE_WALL_MS = 8000;
const MIB = 2 ** 20;

/** Fuzzes media files of many kinds with damage. Each file is detected, probed and transcoded as in a worker, or rejected. */
export const CONTAINERS: Campaign = { cases: 5000, open };

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  chmodSync(folder, 0o711);
  const seeds = await makeSeeds(folder);
  const dataDir = join(folder, 'data');
  // Outside the test suite there is no image to link.
  if (process.env.TEST_ROOT_IMAGES) await linkRootImage(dataDir);
  const sandbox = await openSandbox({ dataDir, slots: 1 });
  const sanitizer = openSanitizer({ threads: 1 });
  const tally: Record<string, number> = {};
  const memoryFaults = watchMemory();
  const tools = { sandbox, sanitizer, measure: stageMeter(null) };
  return {
    tally,
    async one(random, index) {
      const seed = random.pick(seeds);
      const path = join(folder, `case-${index}`);
      const bytes = damage(random, seed, seeds);
      writeFileSync(path, bytes);
      const begun = performance.now();
      const faults: string[] = [];
      try {
        const ended = await runThrough(tools, folder, path, random, (wallMs) => {
          const late = performance.now() - begun - wallMs - GRACE_MS;
          if (late > 0)
            faults.push(`a ${seed.kind} of ${bytes.length} bytes ended ${Math.round(late)} ms behind its limit`);
        });
        count(tally, ended);
        if (ended === 'violation') faults.push(`a ${seed.kind} makes FFmpeg do what the filter forbids`);
      } catch (error) {
        if (error instanceof JobFailure) count(tally, error.code);
        else faults.push(`a ${seed.kind}: ${faultOf(error)}`);
      }
      removeCase(folder);
      return faults;
    },
    async atEnd() {
      const faults: string[] = [];
      const cells = join(dataDir, 'cells');
      for (const owner of readdirSync(cells)) {
        // The folder of this sandbox contains a filter and a mark. A cell that was not removed would be next to them.
        const left = readdirSync(join(cells, owner)).filter((name) => /^[0-9a-f-]{36}$/.test(name));
        if (left.length > 0) faults.push(`${left.length} cells are left`);
      }
      faults.push(...memoryFaults());
      const sound = join(folder, 'seed.mp4');
      if (!existsSync(sound)) faults.push('the sound file is gone');
      const ended = await runThrough(tools, folder, sound, null, () => {}).catch((error: Error) => error.message);
      if (ended !== 'done') faults.push(`a sound file ends with ${ended} afterwards`);
      return faults;
    },
    async close() {
      await sanitizer.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function damage(random: Random, seed: SeedFile, seeds: readonly SeedFile[]): Buffer {
  const kind = random.next();
  if (kind < 0.5) return damaged(random, seed.bytes);
  if (kind < 0.9) return restructured(random, seed.bytes);
  // Combines two files: the start of this file with the rest of another file.
  const other = random.pick(seeds).bytes;
  return Buffer.concat([
    seed.bytes.subarray(0, random.int(16, seed.bytes.length)),
    other.subarray(random.int(0, other.length - 1)),
  ]);
}

/** Processes a file as a worker does, and reports each time limit that was exceeded. Returns `done`, or how the cell of FFmpeg ended. */
async function runThrough(
  tools: Parameters<typeof openMedia>[0],
  folder: string,
  path: string,
  random: Random | null,
  onEnd: (wallMs: number) => void,
): Promise<string> {
  try {
    const location = { folder, name: 'case-rewritten', slot: 0, subject: 'Input 1', disarm: false };
    const media = await openMedia(tools, path, location);
    const request: TranscodeRequest = {
      inputs: [{ url: 'gs://airlock/x' }],
      outputFormat: outputFormat(media.info, random),
    };
    if (parseRequest(request).rejections.length > 0) throw new Error('the fuzzer sent a request that is rejected');
    const input = { path: '/in/0', demuxer: media.demuxer, info: media.info };
    const plan = planTranscode(request, [input], { resourceClass: 'light', cores: 1, assets: [] });
    const reader = new ProgressReader(() => {});
    const result = await tools.sandbox.run({
      program: 'ffmpeg',
      args: plan.args,
      inputs: [{ name: '0', path: media.file }],
      outputs: plan.outputs.map((output) => basename(fileOf(output).path)),
      limits: {
        memoryBytes: 512 * MIB,
        cpuSeconds: 10,
        wallMs: TRANSCODE_WALL_MS,
        outputBytes: 64 * MIB,
      },
      slot: 0,
      onStdout: (chunk) => reader.feed(chunk),
    });
    await result.release();
    if (result.end !== 'exit') return result.end;
    return result.exitCode === 0 ? 'done' : 'failed';
  } finally {
    onEnd(PROBE_WALL_MS + TRANSCODE_WALL_MS);
  }
}

function outputFormat(
  info: { isImage: boolean; video: readonly unknown[] },
  random: Random | null,
): TranscodeRequest['outputFormat'] {
  if (info.isImage) return 'png';
  if (info.video.length === 0) return random?.pick(['mp3', 'flac', 'opus']) ?? 'mp3';
  return random?.pick(['mp4', 'mp4', 'gif', 'jpg', 'mkv']) ?? 'mp4';
}
