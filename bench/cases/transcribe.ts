import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSandbox } from '../../src/sandbox/index.ts';
import { WHISPER_MODEL, whisperProgram } from '../../src/sandbox/speech/whisper.ts';
import { removeDataDir } from '../../testkit/data-directory.ts';
import { BASE, type ModelShape, TINY } from '../../testkit/whisper-model.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { openBench } from '../lib/service.ts';
import { soundOf, speechDataDir } from '../lib/speech.ts';

/** Seconds of audio in the measured cell, which whisper recognizes at once. */
const SECONDS = 30;
const SHAPES: readonly [name: string, shape: ModelShape][] = [
  ['tiny', TINY],
  ['base', BASE],
];
/** Seconds of audio that is divided into six pieces of ten minutes. */
const HOUR = 3600;
/**
 * Maximum time with two slots, as a share of the time of one slot. Two slots halve the recognition. The parent also decodes the audio, and
 * each piece decodes its part.
 */
const MAX_SHARE = 0.55;
const LIMITS = { memoryBytes: 2 ** 30, cpuSeconds: 600, outputBytes: 2 ** 24, wallMs: 600_000 };

/** Measures time and memory of the recognizer in its cell, on one thread, for 30 s of audio and 100 words. */
export async function transcribe({ progress }: CaseOptions): Promise<CaseResult> {
  const audio = join('/tmp', `airlock-bench-${process.pid}.pcm`);
  await runWell('ffmpeg', ['-v', 'error', '-y', '-i', await soundOf(SECONDS), '-f', 's16le', '-ac', '1', audio]);
  await chmod(audio, 0o644);
  const rows: CaseResult['rows'] = [];
  const raw: CaseResult['raw'] = {};
  for (const [name, shape] of SHAPES) {
    progress(`${name} in a cell`);
    const { cpuMs, maxRssBytes, words } = await recognize(await speechDataDir(name, shape, progress), audio);
    const row = (what: string) => ({ case: 'transcribe', what: `shape of ${name}, 30 s: ${what}` });
    rows.push(
      bounded(row('processor time / time of the audio'), { value: cpuMs / 1000 / SECONDS }, null, '', 3),
      bounded(row('peak memory'), { value: maxRssBytes / 1e6 }, null, 'MB', 0),
    );
    raw[name] = { cpuMs, maxRssBytes, words };
  }
  await rm(audio);
  return { rows, raw };
}

async function recognize(dataDir: string, audio: string) {
  const sandbox = await openSandbox({ dataDir, slots: 1, programs: [whisperProgram({ dataDir, model: null })!] });
  try {
    const args = [WHISPER_MODEL, '/in/audio', '/out/result', '1', 'en', 'transcribe'];
    const inputs = [{ name: 'audio', path: audio }];
    const spec = { program: 'whisper', args, inputs, outputs: ['result'], limits: LIMITS, slot: 0 };
    const result = await sandbox.run({ ...spec, onStdout: () => {} });
    const words = (await readFile(join(result.outputDir, 'result'), 'utf8')).match(/ word\d/g)?.length ?? 0;
    await result.release();
    if (result.end !== 'exit' || result.exitCode !== 0) throw new Error(`the recognizer ended with ${result.end}`);
    return { cpuMs: result.cpuMs, maxRssBytes: result.maxRssBytes, words };
  } finally {
    await sandbox.close();
    await removeDataDir(dataDir);
  }
}

/**
 * Measures an hour of audio, from the POST to its end, in pieces of ten minutes, in one slot and in two slots. Each piece uses one thread.
 */
export async function transcribePieces({ progress }: CaseOptions): Promise<CaseResult> {
  const path = await soundOf(HOUR);
  const timeOf = async (slots: number) => {
    progress(`in ${slots} slots`);
    const dataDir = await speechDataDir('tiny', TINY, progress);
    // The additional slot is for interactive jobs.
    const bench = await openBench({ AIRLOCK_WORKER_SLOTS: String(slots + 1) }, dataDir);
    try {
      const media_url = await bench.upload(path);
      const began = performance.now();
      const { json } = await bench.call('POST', '/v1/transcribe', { media_url, language: 'en' });
      for (let job = json; ; job = (await bench.call('GET', `/v1/transcribe/${json.id}?wait=60`)).json) {
        if (job.status === 'completed') return performance.now() - began;
        if (job.completed_at) throw new Error(`the transcription ended: ${job.error_message}`);
      }
    } finally {
      await bench.close();
    }
  };
  const [one, two] = [await timeOf(1), await timeOf(2)];
  const row = (what: string) => ({ case: 'transcribe:pieces', what: `an hour in the shape of tiny: ${what}` });
  return {
    rows: [
      bounded(row('in one slot'), { value: one / 1000 }, null, 's', 0),
      bounded(row('in two slots'), { value: two / 1000 }, null, 's', 0),
      bounded(row('two slots / one slot'), { value: two / one }, MAX_SHARE, '', 3),
    ],
    raw: { one, two },
  };
}
