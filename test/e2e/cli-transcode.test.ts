import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { descendantsOf, processesOf } from '../../testkit/processes-of.ts';
import { programArgs } from '../../testkit/program.ts';
import { call, copyPreparedDataDir, runCli, shareService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { isAlive } from '../chaos/load.ts';
import { storedFilesOf } from '../helpers/disk.ts';
import { filesIn } from '../helpers/files.ts';
import { runCommand } from '../helpers/run-command.ts';

/** The folder of a user. It contains the clips, and the files that commands leave. */
let folder: string;
let before: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-cli-'));
  // As root, the database and cells run under other accounts, which must be able to enter the folder.
  await chmod(folder, 0o711);
  await makeClip(join(folder, 'in.mov'), { seconds: 1, size: '256x144' });
  await makeClip(join(folder, 'small.mov'), { size: '64x64' });
  const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
  await makeClip(join(folder, 'long.mp4'), { seconds: 8, size: '320x180', args: noise });
  await makeClip(join(folder, 'sound.m4a'), { args: ['-map', '1:a'] });
  before = (await readdir(folder)).sort();
});
afterEach(async () => {
  for (const name of await readdir(folder))
    if (!before.includes(name)) await rm(join(folder, name), { recursive: true });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const environment = (extra: Record<string, string> = {}) => {
  const { AIRLOCK_DATA_DIR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1', ...extra };
};
const airlock = (...args: string[]) => runCli(args, environment(), folder);
/** Runs a command in this process. The command must not start another process. */
const inProcess = (env: Record<string, string>, ...args: string[]) =>
  runCommand(args, { NO_COLOR: '1', AIRLOCK_DATA_DIR: undefined, ...env }, folder);
/**
 * Prepares a data directory as the launcher creates it, with the results of a first start. Only the first test waits for a real first
 * start.
 */
const makeDataDir = async () => {
  await copyPreparedDataDir(join(folder, '.airlock'));
  return { AIRLOCK_MADE_DATA_DIR: '1' };
};
const left = async () => (await readdir(folder)).filter((name) => !before.includes(name)).sort();

describe('airlock transcode', () => {
  it('writes the requested file and leaves nothing else behind', async () => {
    const done = await airlock('transcode', 'in.mov', 'out.mp4', '--resolution', '480p', '--quality', 'low');
    expect(done).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toMatch(/✓ out\.mp4 .*256×144 · h264 · aac · 0:01/);
    expect(await left()).toEqual(['out.mp4']);
    expect(processesOf(folder)).toEqual([]);
    const { streams } = await ffprobe(join(folder, 'out.mp4'));
    expect(streams.map((stream: { codec_name: string }) => stream.codec_name)).toEqual(['h264', 'aac']);
  });

  const wrong: Record<string, [args: string[], message: RegExp]> = {
    'a missing file': [['nothing.mp4', 'out.mp4'], /nothing\.mp4 does not exist/],
    'an option that is refused': [
      ['in.mov', 'out.mp4', '--option', '-crf 20', '--option', '-filter_script x'],
      /Option not allowed: -filter_script/,
    ],
    'an unknown flag': [['in.mov', 'out.mp4', '--fast'], /unknown option '--fast'/],
    'a poster at no time': [['in.mov', 'out.mp4', '--poster', 'middle'], /--poster "middle" is not a time\. Use best/],
    'a sprite without an interval': [['in.mov', '--sprite', '0'], /--sprite "0" is not a number of seconds/],
    'a poster with a template': [['in.mov', '--template', 'airlock/web', '--poster', 'best'], /--template, --poster/],
    'too few arguments': [['in.mov'], /Name the file to write, or choose a template/],
  };
  it.each(Object.keys(wrong))('exits with code 2 before it starts anything: %s', async (name) => {
    const [args, message] = wrong[name]!;
    const rejected = await inProcess({}, 'transcode', ...args);
    expect(rejected.stderr).toMatch(message);
    expect(rejected).toMatchObject({ code: 2, stdout: '' });
    expect(await left()).toEqual([]);
  });

  it('fails if only one of AIRLOCK_URL and AIRLOCK_API_KEY is set', async () => {
    for (const half of [{ AIRLOCK_URL: 'http://127.0.0.1:9' }, { AIRLOCK_API_KEY: 'al_live_x' }] as Record<
      string,
      string
    >[]) {
      const rejected = await inProcess(half, 'transcode', 'in.mov', 'out.mp4');
      expect(rejected.code).toBe(78);
      expect(rejected.stderr).toMatch(/AIRLOCK_(API_KEY|URL): is missing/);
    }
    expect(await left()).toEqual([]);
  });

  it('exits with code 130 on Ctrl-C, and leaves no output, partial file, data directory or process behind', async () => {
    const made = await makeDataDir();
    const child = spawn(
      process.execPath,
      programArgs(['transcode', 'long.mp4', 'out.mp4', '--option', '-preset veryslow']),
      { cwd: folder, env: environment({ ...made, AIRLOCK_TEST: folder }), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const output: string[] = [];
    child.stderr.on('data', (chunk) => output.push(String(chunk)));
    const below = await until(
      () => {
        const processes = descendantsOf(child.pid!);
        return processes.some(({ name }) => name === 'ffmpeg') ? processes : null;
      },
      { what: 'the encode' },
    );
    const began = Date.now();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(output.join('')).toContain('Interrupted.');
    expect(below.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(await left()).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });

  it('leaves nothing behind after Ctrl-C during the start', async () => {
    const made = await makeDataDir();
    const child = spawn(process.execPath, programArgs(['transcode', 'in.mov', 'out.mp4']), {
      cwd: folder,
      env: environment({ ...made, AIRLOCK_TEST: folder }),
      stdio: 'ignore',
    });
    await until(() => existsSync(join(folder, '.airlock', 'transcode.users')), { what: 'its use of the directory' });
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    expect(await left()).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });

  it('can run in two terminals concurrently, and does not delete a data directory that already existed', async () => {
    await makeDataDir();
    const both = await Promise.all([
      airlock('transcode', 'small.mov', 'one.mp4'),
      airlock('transcode', 'small.mov', 'two.mp3'),
    ]);
    expect(both.map((done) => [done.code, done.stderr.includes('✓')])).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(await left()).toEqual(['.airlock', 'one.mp4', 'two.mp3']);
    const keys = JSON.parse((await airlock('keys', 'list', '--json')).stdout);
    const alive = keys.filter((key: { revoked_at: string | null }) => key.revoked_at === null);
    expect(alive.map((key: { name: string }) => key.name)).toEqual(['test', 'first']);
    for (const name of ['storage/objects', 'storage/tmp', 'work', 'cells'])
      expect(await filesIn(join(folder, '.airlock', name))).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });
});

describe('airlock transcode alongside a running service', () => {
  let service: TestService;
  /** A key of the same account that commands use if they find the service through its data directory. */
  let key: string;
  beforeAll(async () => {
    service = await shareService();
    ({ key } = await service.makeKey('--account', 'default'));
  });

  const alongside = (...args: string[]) => inProcess({ AIRLOCK_DATA_DIR: service.dataDir }, ...args);

  it('prints the finished job as JSON, and accepts FFmpeg options', async () => {
    const args = ['--option', '-c:v libx265', '--option', '-crf 40', '--option', '-an', '--json'];
    const done = await alongside('transcode', 'small.mov', 'out.mkv', ...args);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      status: 'completed',
      output_format: 'mkv',
      outputs: [{ video_codec: 'hevc', audio_codec: null }],
      ffmpeg_options: { source: 'raw_options' },
    });
    expect(await left()).toEqual(['out.mkv']);
  });

  it('accepts filters with quotes, graphs and text', async () => {
    const options = [
      '--option',
      '-vf "scale=128:-2, drawbox=color=red"',
      '--option',
      '-crf 40',
      '--text',
      "It's ‘on’: 100%",
    ];
    const done = await alongside('transcode', 'in.mov', 'out.mp4', ...options);
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/✓ out\.mp4 .*128×72/)]);
    const graph = await alongside('transcode', 'in.mov', 'square.mp4', '--filter', '[0:v]crop=100:100[v]');
    expect([graph.code, graph.stderr]).toEqual([0, expect.stringMatching(/✓ square\.mp4 .*100×100/)]);
    const rejected = await alongside('transcode', 'in.mov', 'no.mp4', '--option', '-vf hflip,scael=2:2');
    expect([rejected.code, rejected.stderr]).toEqual([2, expect.stringMatching(/At character 7.*scale/s)]);
    expect(await left()).toEqual(['out.mp4', 'square.mp4']);
  });

  it('exits with code 1 and the reason if the job fails, and writes no file', async () => {
    await writeFile(join(folder, 'kept.mp4'), 'what was there');
    const failed = await alongside('transcode', 'sound.m4a', 'kept.mp4');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/✗ .*no_video_stream/);
    expect(await readFile(join(folder, 'kept.mp4'), 'utf8')).toBe('what was there');
    expect(await left()).toEqual(['kept.mp4']);
  });

  it.each(['the same data directory', 'its URL and a key'])(
    'finds the service by %s, and leaves nothing in the service',
    async (way) => {
      const env: Record<string, string> =
        way === 'its URL and a key'
          ? { AIRLOCK_URL: service.api, AIRLOCK_API_KEY: key }
          : { AIRLOCK_DATA_DIR: service.dataDir };
      const done = await inProcess(env, 'transcode', 'small.mov', 'out.webm', '--json');
      expect(done.code).toBe(0);
      const job = JSON.parse(done.stdout);
      expect(await left()).toEqual(['out.webm']);
      expect((await call(`${service.api}/v1/transcodes/${job.id}/download`, 'GET', key)).status).toBe(410);
      expect(await storedFilesOf(service, job.id)).toEqual([]);
      const isLent = ({ name }: { name: string }) => name === 'airlock command';
      const lent = async (): Promise<{ id: string; revoked_at: string | null }[]> =>
        JSON.parse((await alongside('keys', 'list', '--all', '--json')).stdout).filter(isLent);
      const keys = await lent();
      expect(keys.length).toBeGreaterThan(0);
      // Commands of other tests may still run. The command of this test has ended, so an unrevoked key of it would stay unrevoked.
      const open = keys.filter(({ revoked_at }) => revoked_at === null).map(({ id }) => id);
      const isOpen = (key: (typeof keys)[number]) => key.revoked_at === null && open.includes(key.id);
      if (open.length > 0) await until(async () => !(await lent()).some(isOpen), { what: 'the end of these keys' });
    },
  );

  it('writes a ladder into a folder, with its poster and sprite', async () => {
    const pictures = ['--poster', 'best', '--sprite', '0.5'];
    const done = await alongside('transcode', 'in.mov', 'stream', '--ladder', '144,72', ...pictures);
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toMatch(/✓ stream .*✓ stream\/poster\.jpg .*256×144.*✓ stream\/sprite /s);
    expect(await left()).toEqual(['stream']);
    expect((await readdir(join(folder, 'stream'))).sort()).toEqual([
      ...['144p', '72p', 'audio', 'manifest.mpd', 'master.m3u8', 'poster.jpg', 'sprite'],
    ]);
    expect((await readdir(join(folder, 'stream', 'sprite'))).sort()).toEqual(['sprite-1.jpg', 'sprite.vtt']);
    const { streams } = await ffprobe(join(folder, 'stream', '144p', 'index.m3u8'));
    expect(streams[0]).toMatchObject({ codec_name: 'h264', height: 144 });
    const again = await alongside('transcode', 'in.mov', 'stream', '--ladder', 'auto');
    expect(again.stderr).toContain('is not empty');
  });

  it.each([
    [
      'next to the first file',
      ['in.mov', 'out.mp3', '--poster', '0.5', '--sprite', '0.5'],
      ['out-poster.jpg', 'out-sprite', 'out.mp3'],
    ],
    ['named after the input if no other file is written', ['in.mov', '--poster', '50%'], ['in-poster.jpg']],
    ['in a folder if a template makes a ladder', ['small.mov', '--template', 'airlock/hls'], ['small-hls']],
  ])('writes its outputs %s', async (_, args, files) => {
    const done = await alongside('transcode', ...args);
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(await left()).toEqual(files);
  });

  it('reports that the server is unreachable, the key is invalid, or an option is forbidden', async () => {
    const gone = { AIRLOCK_URL: 'http://127.0.0.1:9', AIRLOCK_API_KEY: service.key };
    const unreachable = await inProcess(gone, 'transcode', 'in.mov', 'out.mp4');
    expect(unreachable.code).toBe(69);
    expect(unreachable.stderr).toMatch(/127\.0\.0\.1:9 does not respond/);
    const stranger = { AIRLOCK_URL: service.api, AIRLOCK_API_KEY: 'al_live_wrong' };
    const rejected = await inProcess(stranger, 'transcode', 'in.mov', 'out.mp4');
    expect(rejected.code).toBe(1);
    expect(rejected.stderr).toMatch(/Unauthorized/);
    const known = { AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key };
    const option = ['--option', '-filter_script x'];
    const reviewed = await inProcess(known, 'transcode', 'in.mov', 'out.mp4', ...option);
    expect(reviewed.code).toBe(1);
    expect(reviewed.stderr).toMatch(/Option not allowed: .*-filter_script/);
    expect(await left()).toEqual([]);
  });
});
