import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { buildWhisper } from '../../src/sandbox/speech/build-whisper.ts';
import { checkModel } from '../../src/sandbox/speech/check-model.ts';
import { installModel, readInstalled, speechFolder } from '../../src/sandbox/speech/installed.ts';
import { WHISPER_MODEL, whisperProgram } from '../../src/sandbox/speech/whisper.ts';
import { writeWhisperModel } from '../../testkit/whisper-model.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { installTestSpeech } from '../helpers/speech.ts';
import { BUILD_MS, cachedWhisper } from '../helpers/whisper-program.ts';
import { hasCompiler, LIMITS, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);
beforeAll(cachedWhisper, BUILD_MS);

/** A program that replaces whisper.cpp. It makes the attempt that its first argument names, and prints the result. */
const HOSTILE = `
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
static void say(const char *what, long result) { printf("%s:%s ", what, result >= 0 ? "yes" : "no"); fflush(stdout); }
int main(int count, char **args) {
  const char *what = args[1];
  if (!strcmp(what, "--version")) return puts("airlock-whisper 9"), 0;
  char *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!strcmp(what, "map")) say(what, (long)mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (!strcmp(what, "writable")) say(what, (long)mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (!strcmp(what, "protect")) say(what, mprotect(memory, 4096, PROT_READ | PROT_EXEC));
  if (!strcmp(what, "fork")) say(what, fork());
  if (!strcmp(what, "vfork")) say(what, vfork());
  if (!strcmp(what, "internet")) say(what, socket(AF_INET, SOCK_STREAM, 0));
  if (!strcmp(what, "unix")) say(what, socket(AF_UNIX, SOCK_STREAM, 0));
  if (!strcmp(what, "shell")) say(what, execl("/bin/sh", "sh", 0));
  if (!strcmp(what, "files")) {
    for (int index = 2; index < count; index++) say(args[index], open(args[index], O_RDONLY));
    say("write", open("/program-files/whisper/model.bin", O_WRONLY));
    say("create", open("/tmp2", O_WRONLY | O_CREAT, 0600));
    say("create-out", open("/out/other", O_WRONLY | O_CREAT, 0600));
  }
  return 0;
}`;

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const compilerNote = skipNote(!hasCompiler && 'gcc is not installed');

describe('the cell of a speech recognizer', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-speech-'));
    chmodSync(folder, 0o711);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Creates a data directory with the model, and with this program or whisper.cpp. */
  const install = async (name: string, program?: string) => {
    const dataDir = join(folder, name);
    await installTestSpeech(dataDir, program);
    return dataDir;
  };
  let unchanged: Promise<string> | undefined;
  /** Returns the data directory that tests share if they don't change it, so that the root image of its cells is built only once. */
  const sharedDir = () => (unchanged ??= install('unchanged'));
  let attacked: Promise<string> | undefined;
  /** Returns the data directory with the hostile program. */
  const hostileDir = () => {
    attacked ??= (() => {
      const program = join(folder, 'hostile');
      writeFileSync(`${program}.c`, HOSTILE);
      execFileSync('/usr/bin/gcc', ['-O1', '-w', '-static', '-o', program, `${program}.c`]);
      return install('attacked', program);
    })();
    return attacked;
  };
  const open = (dataDir: string, tier: 'bwrap' | 'landlock' = 'bwrap') =>
    openSandbox({ dataDir, slots: 1, tier, programs: [whisperProgram({ dataDir, model: null })!] });
  const run = async (sandbox: Sandbox, args: readonly string[], audio?: string) => {
    const output: Buffer[] = [];
    const inputs = audio ? [{ name: 'audio', path: audio }] : [];
    const result = await sandbox.run({
      ...{ program: 'whisper', args, inputs, outputs: ['result'], limits: LIMITS, slot: 0 },
      onStdout: (chunk) => void output.push(chunk),
    });
    const written = readFileSync(join(result.outputDir, 'result'), 'utf8');
    await result.release();
    return { ...result, stdout: Buffer.concat(output).toString().trim(), written };
  };

  describe.each(['bwrap', 'landlock'] as const)('in the tier %s', (tier) => {
    it('runs whisper.cpp, which needs nothing that the cell forbids', async () => {
      const sandbox = await open(await sharedDir(), tier);
      try {
        expect(sandbox.capabilities).toEqual(['transcription:micro']);
        expect(sandbox.programs.whisper).toMatchObject({ version: 'airlock-whisper 1.9.1' });
        const audio = join(folder, 'tone.pcm');
        writeFileSync(audio, Buffer.alloc(64_000, 1));
        chmodSync(audio, 0o644);
        const args = [WHISPER_MODEL, '/in/audio', '/out/result', '2', 'auto', 'transcribe'];
        const result = await run(sandbox, args, audio);
        expect(result).toMatchObject({ end: 'exit', exitCode: 0, stdout: expect.stringContaining('out_time_us=') });
        expect(result.written).toMatch(/^\{"language":"en","multilingual":true\}\n\{"from":0,/);
      } finally {
        await sandbox.close();
      }
    });

    it.runIf(hasCompiler)(
      `prevents a hostile program in the place of whisper.cpp from starting programs, opening connections and reading other files${compilerNote}`,
      async () => {
        const sandbox = await open(await hostileDir(), tier);
        try {
          const ends: [string, string][] = [];
          for (const what of ['map', 'writable', 'protect', 'fork', 'vfork', 'internet', 'unix']) {
            const { end, stdout } = await run(sandbox, [what]);
            ends.push([what, `${end} ${stdout}`.trim()]);
          }
          expect(ends.filter(([, end]) => end !== 'violation')).toEqual([]);
          expect((await run(sandbox, ['shell'])).stdout).toBe('shell:no');
          const paths = ['/etc/passwd', '/proc/self/maps', '/usr/bin/ffmpeg', '/usr/share/fonts', '/dev/null', folder];
          const { stdout } = await run(sandbox, ['files', WHISPER_MODEL, ...paths]);
          const could = stdout.split(' ').filter((one) => one.endsWith(':yes'));
          expect(could.map((one) => one.replace('../', '/'))).toEqual([`${WHISPER_MODEL}:yes`]);
        } finally {
          await sandbox.close();
        }
      },
    );
  });

  it('is attacked by the self-test under the filter of the recognizer', async () => {
    const sandbox = await open(await sharedDir());
    try {
      const { passed, checks } = await sandbox.selfTest();
      expect([passed, checks.filter((check) => !check.passed)]).toEqual([true, []]);
      expect(checks.map(({ attempt }) => attempt)).toContain('strict: make memory executable');
    } finally {
      await sandbox.close();
    }
  });

  it('is not available if the installed model or program has changed', async () => {
    const dataDir = await install('changed');
    for (const part of ['program', 'model'] as const) {
      const { program, models } = readInstalled(speechFolder(dataDir));
      const file = part === 'program' ? program!.file : models.micro!.file;
      const path = join(speechFolder(dataDir), file);
      chmodSync(path, 0o644);
      const bytes = readFileSync(path);
      const other = Buffer.from(bytes);
      other[other.length - 1]! ^= 1;
      writeFileSync(path, other);
      const changed: string[] = [];
      const found = whisperProgram({ dataDir, model: null, onChanged: (name) => changed.push(name) })!;
      expect([found.find(undefined, {}), changed]).toEqual([null, [file]]);
      writeFileSync(path, bytes);
    }
  });

  it('is not built from a model that is replaced after its hash was read', async () => {
    const dataDir = await install('replaced');
    const program = whisperProgram({ dataDir, model: null })!;
    const path = join(speechFolder(dataDir), 'micro.bin');
    const find = () => {
      const found = program.find(undefined, {});
      chmodSync(path, 0o644);
      appendFileSync(path, 'more');
      return found;
    };
    const programs = [{ ...program, find }];
    await expect(openSandbox({ dataDir, slots: 1, programs })).rejects.toThrow(
      /model\.bin has changed since it was installed/,
    );
  });

  it('keeps the model with which it was opened when the installed model is replaced while it runs', async () => {
    const dataDir = await install('running');
    const sandbox = await open(dataDir);
    try {
      const path = join(speechFolder(dataDir), 'micro.bin');
      chmodSync(path, 0o644);
      writeFileSync(path, 'another model');
      const audio = join(folder, 'running.pcm');
      writeFileSync(audio, Buffer.alloc(64_000, 1));
      chmodSync(audio, 0o644);
      const args = [WHISPER_MODEL, '/in/audio', '/out/result', '1', 'en', 'transcribe'];
      const result = await run(sandbox, args, audio);
      expect(result).toMatchObject({ end: 'exit', exitCode: 0, written: expect.stringContaining(' airlock') });
    } finally {
      await sandbox.close();
    }
  });

  it('is not opened if the configured model is not installed', async () => {
    const dataDir = await sharedDir();
    expect(() => whisperProgram({ dataDir, model: 'large' })).toThrow(
      /AIRLOCK_WHISPER_MODEL is "large", which is not installed\. Name an installed model: micro/,
    );
    expect(whisperProgram({ dataDir: join(folder, 'nothing'), model: null })).toBeNull();
  });
});

describe('a speech model', () => {
  let folder: string;
  let model: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-model-'));
    model = join(folder, 'ggml-micro.bin');
    writeWhisperModel(model);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Returns a copy of the model with one number changed, at an offset from the start of a tensor's record or of the file. */
  const changed = (name: string, offset: number, value: number, tensor?: string) => {
    const bytes = readFileSync(model);
    const at = tensor === undefined ? 0 : bytes.indexOf(tensor) - 12 - 4 * 2;
    bytes.writeInt32LE(value, at + offset);
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const reasonOf = (path: string) => {
    const checked = checkModel(path);
    return checked.ok ? 'accepted' : checked.reason;
  };

  it('is accepted if every record is within its bounds', () => {
    expect(checkModel(model)).toMatchObject({ ok: true, facts: { tensors: 95, isMultilingual: true } });
  });

  it('is rejected with a reason if its structure is invalid', () => {
    // The record of a tensor contains the number of dimensions, the length of the name, the type, a size for each dimension, and the name.
    const embedding = 'decoder.positional_embedding';
    expect(reasonOf(changed('five', 0, 5, embedding))).toBe(
      'has a tensor with 5 dimensions, and at most 4 are allowed',
    );
    expect(reasonOf(changed('negative', 0, -1, embedding))).toMatch(/-1 dimensions/);
    expect(reasonOf(changed('long-name', 4, 5000, embedding))).toMatch(/name is too long/);
    expect(reasonOf(changed('type', 8, 99, embedding))).toMatch(/unknown type 99/);
    expect(reasonOf(changed('size', 12, -64, embedding))).toMatch(/unsupported size/);
    expect(reasonOf(changed('huge', 12, 999_999, embedding))).toMatch(/^is truncated: it has \d+ bytes/);
    expect(reasonOf(changed('magic', 0, 1))).toMatch(/^is not a ggml model of whisper/);
    expect(reasonOf(changed('state', 12, 1 << 20))).toMatch(/unsupported width/);
    expect(reasonOf(changed('layers', 20, 1000))).toMatch(/number of layers/);
    const short = join(folder, 'short');
    writeFileSync(short, readFileSync(model));
    truncateSync(short, statSync(model).size - 1);
    expect(reasonOf(short)).toMatch(/^is truncated/);
    writeFileSync(short, '');
    expect(reasonOf(short)).toMatch(/^is truncated/);
  });

  it('is installed as a read-only file, and only if its hash and structure are valid', async () => {
    const target = join(folder, 'installed');
    const install = (file: string, hash: string, name?: string) =>
      installModel(target, { file, sha256: hash, ...(name && { name }) });
    await expect(install(model, '0'.repeat(64))).rejects.toThrow(
      /^The model has the SHA-256 [0-9a-f]{64}, not 0{64}\. Download the model again/,
    );
    await expect(install(model, 'abc')).rejects.toThrow(/--sha256 is not a SHA-256/);
    await expect(install(join(folder, 'none.bin'), '0'.repeat(64))).rejects.toThrow(/does not exist or is not a file/);
    await expect(install(model, sha256(model), '../up')).rejects.toThrow(/is not a valid name for a model/);
    const five = changed('five', 0, 5, 'encoder.conv1.bias');
    await expect(install(five, sha256(five))).rejects.toThrow(/The model has a tensor with 5 dimensions/);
    expect(readInstalled(target)).toMatchObject({ models: {}, current: null });
    expect(await install(model, sha256(model).toUpperCase())).toMatchObject({ name: 'micro' });
    expect(readInstalled(target)).toMatchObject({ models: { micro: { sha256: sha256(model) } }, current: 'micro' });
    expect(statSync(join(target, 'micro.bin')).mode & 0o777).toBe(0o444);
  });
});

describe('the build of whisper.cpp', () => {
  it('names the packages to install if the tools of the build are missing', async () => {
    const find = (name: string) => (name === 'gcc' || name === 'g++' ? null : `/usr/bin/${name}`);
    await expect(buildWhisper('/nowhere/whisper', { find })).rejects.toThrow(
      /^The build of whisper\.cpp needs gcc, g\+\+\. Run apt-get install gcc g\+\+\.$/,
    );
  });

  it('rejects sources that differ from the recipe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-npm-'));
    try {
      const npm = join(folder, 'npm');
      // Simulates a registry that sends another archive.
      writeFileSync(npm, '#!/bin/sh\nfor last; do :; done\necho other > "$4/nodejs-whisper-0.3.1.tgz"\n', {
        mode: 0o755,
      });
      const find = (name: string) => (name === 'npm' ? npm : `/usr/bin/${name}`);
      await expect(buildWhisper(join(folder, 'whisper'), { find })).rejects.toThrow(
        /^The package nodejs-whisper@0\.3\.1 has the SHA-512 .*Do not use the package/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
