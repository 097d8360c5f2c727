import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whisperRecipe } from '../../src/sandbox/speech/build-whisper.ts';
import { recordProgram, speechFolder } from '../../src/sandbox/speech/installed.ts';
import { run } from '../../testkit/run.ts';
import { copyPreparedDataDir, runCli } from '../../testkit/service.ts';
import { MODEL_SENTENCE, writeWhisperModel } from '../../testkit/whisper-model.ts';
import { BUILD_MS, cachedWhisper } from '../helpers/whisper-program.ts';

describe('airlock transcribe', () => {
  let folder: string;
  let dataDir: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-cli-speech-'));
    await chmod(folder, 0o711);
    ({ dataDir } = await copyPreparedDataDir(join(folder, '.airlock')));
    writeWhisperModel(join(folder, 'ggml-micro.bin'));
    const tone = 'aevalsrc=0.3*sin(2*PI*300*t)*lt(mod(t\\,1)\\,0.5):d=4:s=16000';
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', tone, join(folder, 'talk.mp3')]);
    // Installs the program that was already built from this recipe, so that the command does not build it.
    const program = join(speechFolder(dataDir), `whisper-${whisperRecipe()}`);
    await mkdir(speechFolder(dataDir), { recursive: true });
    await copyFile(await cachedWhisper(), program);
    await recordProgram(speechFolder(dataDir), program);
  }, BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const airlock = (...args: string[]) => {
    const env = { ...process.env, NO_COLOR: '1', AIRLOCK_DATA_DIR: dataDir, AIRLOCK_URL: '', AIRLOCK_API_KEY: '' };
    return runCli(args, env, folder);
  };

  it('installs a model, prints the text of a file, and writes the format of the output’s extension', async () => {
    // `cli-client.test.ts` tests the command with a server that has no model.
    const wrong = await airlock('transcribe', 'install', '--model', 'ggml-micro.bin', '--sha256', '0'.repeat(64));
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/The model has the SHA-256 [0-9a-f]{64}, not 0{64}/),
    ]);
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, 'ggml-micro.bin')))
      .digest('hex');
    const installed = await airlock('transcribe', 'install', '--model', 'ggml-micro.bin', '--sha256', sha256);
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    expect(installed.stdout).toBe('Model micro: 8 MB, multilingual.\nInstalled. Restart the worker to use it.\n');
    const printed = await airlock('transcribe', 'talk.mp3');
    expect([printed.code, printed.stdout]).toEqual([0, `${MODEL_SENTENCE}\n`]);
    const odd = await airlock('transcribe', 'talk.mp3', '--output', 'talk.doc');
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('.srt, .vtt, .json, .txt')]);
    const written = await airlock('transcribe', 'talk.mp3', '--output', 'talk.srt', '--language', 'en');
    expect(written).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(join(folder, 'talk.srt'), 'utf8')).toMatch(/^1\n00:00:00,\d{3} --> .*\nthis is the airlock/);
  });
});
