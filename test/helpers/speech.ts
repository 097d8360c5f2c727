import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFetcher } from '../../src/fetcher/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { installModel, recordProgram, speechFolder } from '../../src/sandbox/speech/installed.ts';
import { programsWithSpeech, type SpeechEngineName } from '../../src/sandbox/speech/programs.ts';
import { createLogger, createRegistry, createWorkerMetrics } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { writeWhisperModel } from '../../testkit/whisper-model.ts';
import type { TestApi } from './api.ts';
import { openTestSandbox } from './root-image.ts';
import { cachedWhisper } from './whisper-program.ts';

/** Installs the program and a scripted model in a data directory, as the command does. Returns the name of the model. */
export async function installTestSpeech(dataDir: string, program?: string): Promise<string> {
  const folder = speechFolder(dataDir);
  await mkdir(folder, { recursive: true });
  const target = join(folder, 'whisper-test');
  await copyFile(program ?? (await cachedWhisper()), target);
  await chmod(target, 0o555);
  await recordProgram(folder, target);
  const file = join(dataDir, 'ggml-micro.bin');
  writeWhisperModel(file);
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const { name } = await installModel(folder, { file, sha256 });
  await rm(file);
  return name;
}

export interface SpeechWorker {
  sandbox: Sandbox;
  worker: Worker;
  close(): Promise<void>;
}

/** Starts a worker in this process that recognizes speech. */
export async function startSpeechWorker(api: TestApi, engine: SpeechEngineName, slots = 2): Promise<SpeechWorker> {
  await chmod(dirname(api.gateway.root), 0o711);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-speech-'));
  await chmod(folder, 0o711);
  if (engine === 'whisper') await installTestSpeech(folder);
  const programs = programsWithSpeech(engine, { dataDir: folder, model: null });
  const sandbox = await openTestSandbox({ dataDir: folder, slots: slots + 1, programs });
  const classes = Array.from({ length: slots }, () => ['heavy', 'light'] as const);
  const worker = await startWorker({
    ...{ context: api.context, kinds: api.context.kinds, sandbox, onBroken: () => {} },
    metrics: await createWorkerMetrics(await createRegistry('worker')),
    fetcher: createFetcher({ allow: ['127.0.0.1/32'], ports: [443], maxBytes: 2 ** 28, deadlineMs: 60_000 }),
    logger: createLogger({ level: 'silent', role: 'worker' }),
    selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
    settings: {
      ...{ databaseUrl: api.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
      ...{ slots: [...classes, ['interactive']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
      ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputWaitMs: 1000 },
    },
  });
  return {
    ...{ sandbox, worker },
    async close() {
      await worker.drain();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
