import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AttemptCommand, attemptCommands } from '../../src/jobs/attempt-commands.ts';
import { openSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import type { Program } from '../../src/sandbox/programs/program.ts';
import { PROGRAMS } from '../../src/sandbox/programs/table.ts';
import type { FilterName } from '../../src/sandbox/seccomp/policies.ts';
import { recordCommands } from '../../src/worker/recorded-commands.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { hasCompiler, LIMITS, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

/** A program that prints the first word of a file, then performs the action that its second argument names and prints the result. */
const SOURCE = `
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
static void *nothing(void *given) { return given; }
int main(int count, char **args) {
  char model[32] = "";
  if (!strcmp(args[1], "-version")) return puts("listener 1.2"), 0;
  int file = open(args[1], O_RDONLY);
  if (file < 0 || read(file, model, sizeof model - 1) < 0) return perror(args[1]), 3;
  long result = -1;
  const char *what = args[2];
  pthread_t thread;
  if (!strcmp(what, "thread")) result = pthread_create(&thread, 0, nothing, 0) || pthread_join(thread, 0);
  if (!strcmp(what, "code")) result = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
  if (!strcmp(what, "socket")) result = socket(AF_UNIX, SOCK_STREAM, 0);
  if (!strcmp(what, "fork")) result = fork();
  if (!strcmp(what, "folder")) result = mkdir("made", 0700);
  if (!strcmp(what, "change")) result = open(args[1], O_WRONLY);
  printf("%s %s\\n", model, result >= 0 ? "yes" : strerror(errno));
  return 0;
}`;

const MODEL = '/program-files/model.bin';
const isRoot = process.getuid!() === 0;
const TIERS = ['bwrap', 'landlock', ...(isRoot && existsSync('/usr/bin/runsc') ? ['gvisor' as const] : [])] as const;

const compilerNote = skipNote(!hasCompiler && 'gcc is not installed');

describe.runIf(hasCompiler)(`a third program in the table of programs${compilerNote}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-program-'));
    chmodSync(folder, 0o711);
    writeFileSync(join(folder, 'listener.c'), SOURCE);
    writeFileSync(join(folder, 'model.bin'), 'weights', { mode: 0o644 });
    for (const [name, link] of [
      ['listener', '-static'],
      ['dynamic', '-pie'],
    ] as const) {
      execFileSync('/usr/bin/gcc', ['-O1', link, '-o', join(folder, name), join(folder, 'listener.c')]);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function entry(name: string, filter: FilterName, changes: Partial<Program> = {}): Program {
    return {
      name,
      find: () => join(folder, 'listener'),
      libraries: 'static',
      files: [{ from: join(folder, 'model.bin'), to: MODEL }],
      filter,
      version: { args: ['-version'], line: /^listener 1/ },
      debian: null,
      hiding: null,
      explain: () => ({ code: 'encode_failed', message: 'The program said nothing.' }),
      progress: null,
      ...changes,
    };
  }

  const open = (data: string, programs: readonly Program[], tier: (typeof TIERS)[number] = 'bwrap') =>
    openSandbox({ dataDir: join(folder, data), slots: 1, tier, programs });

  async function run(sandbox: Sandbox, program: string, args: readonly string[]) {
    const output: Buffer[] = [];
    const onStdout = (chunk: Buffer) => void output.push(chunk);
    const result = await sandbox.run({ program, args, inputs: [], limits: LIMITS, slot: 0, onStdout });
    await result.release();
    return { ...result, stdout: Buffer.concat(output).toString().trim() };
  }

  describe.each(TIERS)('in the tier %s', (tier) => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await open(tier, [entry('listener', 'strict'), entry('loose', 'media')], tier);
    });
    afterAll(() => sandbox?.close());

    const ask = async (program: string, what: string) => {
      const { end, stdout, stderr } = await run(sandbox, program, [MODEL, what]);
      return end === 'exit' ? stdout.replace(/^weights /, '') || stderr : end;
    };

    it('reads its shared file, and can start threads', async () => {
      expect(await run(sandbox, 'listener', [MODEL, 'thread'])).toMatchObject({ end: 'exit', stdout: 'weights yes' });
      expect(sandbox.programs).toMatchObject({ listener: { version: 'listener 1.2', package: null } });
    });

    it('cannot change its shared file, whose owner and mode on the host stay the same', async () => {
      expect(await ask('listener', 'change')).not.toBe('yes');
      const { mode, uid, nlink } = statSync(join(folder, 'model.bin'));
      expect([mode & 0o777, uid, nlink]).toEqual([0o644, process.getuid!(), 1]);
    });

    it('is confined by the filter of its own entry, while another program has a looser filter', async () => {
      const attempts = ['code', 'folder', 'socket', 'fork'];
      const seen = async (program: string) => {
        const results: string[] = [];
        for (const what of attempts) results.push(await ask(program, what));
        return results;
      };
      const gone = 'Function not implemented';
      expect(await seen('listener')).toEqual(['violation', gone, 'violation', 'violation']);
      const [code, made, socket, fork] = await seen('loose');
      expect([code, socket, fork]).toEqual(['yes', 'Operation not permitted', 'violation']);
      expect(made).toMatch(/Read-only file system|Permission denied/);
    });

    it('is attacked by the self-test under its own filter', async () => {
      const { checks } = await sandbox.selfTest();
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.map(({ attempt }) => attempt)).toEqual(
        expect.arrayContaining(['strict: map code', 'strict: open a Unix socket', 'strict: fork']),
      );
    });
  });

  it('is absent from the image if it is not installed, and no cell runs it', async () => {
    // The root image of this table of programs equals the shared root image.
    await linkRootImage(join(folder, 'absent'));
    const sandbox = await open('absent', [...PROGRAMS, entry('listener', 'strict', { find: () => null })]);
    try {
      expect(Object.keys(sandbox.programs)).toEqual(['ffmpeg', 'ffprobe']);
      await expect(run(sandbox, 'listener', ['-version'])).rejects.toThrow(/listener is not installed here/);
      expect((await run(sandbox, 'ffmpeg', ['-version'])).end).toBe('exit');
    } finally {
      await sandbox.close();
    }
  });

  it('is recorded like the other commands of an attempt, each with its build, exit and resource use', async () => {
    const sandbox = await open('recorded', [...PROGRAMS, entry('listener', 'strict', { provides: ['listening:1'] })]);
    const commands: AttemptCommand[] = [];
    const recorded = recordCommands(sandbox, commands);
    try {
      expect(recorded.capabilities).toEqual(['listening:1']);
      await run(recorded, 'ffprobe', ['-version']);
      await run(recorded, 'listener', [MODEL, 'fork']);
      const { version, package: name } = sandbox.programs.ffprobe!;
      const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
      expect(commands).toMatchObject([
        { program: 'ffprobe', version, package: name, sha256: digest, end: 'exit', exit_code: 0 },
        { program: 'listener', version: 'listener 1.2', package: null, sha256: digest, end: 'violation' },
      ]);
      expect(new Set(commands.map(({ sha256 }) => sha256)).size).toBe(2);
      expect(attemptCommands.read(JSON.parse(attemptCommands.write({ commands }))).commands).toEqual(commands);
    } finally {
      await sandbox.close();
    }
  });

  it('prevents the sandbox from opening when it is not static as its entry requires, or when its file is missing', async () => {
    const dynamic = entry('listener', 'strict', { find: () => join(folder, 'dynamic') });
    await expect(open('not-static', [dynamic])).rejects.toThrow(/is not a static program/);
    const missing = entry('listener', 'strict', { files: [{ from: join(folder, 'no.bin'), to: MODEL }] });
    await expect(open('missing', [missing])).rejects.toThrow(/no\.bin does not exist/);
  });
});
