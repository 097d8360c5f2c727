import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { JobFailure } from '../../contract/failures.ts';
import type { TranscriptTask } from '../../contract/transcriptions.ts';
import { runCommand } from '../cells/run-command.ts';
import { sizeOfPlainFile } from '../outputs/store-file.ts';
import type { Run, WorkTools } from '../tools.ts';
import { type Samples, speechLimits } from './decode-audio.ts';
import type { Recognized } from './engine.ts';
import { installedEngine } from './engines.ts';
import { heardMs, hearSpeech, type SpeechPiece, type Timeline } from './pieces.ts';
import { placeSegments } from './place-segments.ts';
import { BYTES_PER_MS } from './voice-activity.ts';

/** Maximum bytes of the result. Ten minutes of speech have a result of less than 200 KB. */
const MAX_RESULT_BYTES = 16 * 2 ** 20;
/**
 * Planned memory of a cell. Measured: 152 MB for `tiny`, 740 MB for `turbo-q5_0`, about 1.3 times the model and 60 MB. The full `large-v3`
 * needs 3.9 GB.
 */
const MEMORY_BYTES = 1024 * 2 ** 20;
const MOST_MEMORY_BYTES = 6 * 2 ** 30;
/** Maximum seconds of CPU time per second of speech. Measured: 0.13 for `base`, 3.2 for `turbo-q5_0`. `large-v3` needs about 12. */
const CPU_SHARE = 40;
const LEAST_SECONDS = 120;
const MAX_THREADS = 8;

export interface PieceOfSpeech {
  samples: Samples;
  /** Milliseconds of the media before the first sample. */
  offset: number;
  piece: SpeechPiece;
  language: string | null;
  task: TranscriptTask;
  slot: number;
  /** The part of the job's progress that this piece covers. */
  share?: { from: number; to: number };
}

/**
 * Recognizes a piece of speech, in a cell that contains only the recognizer, its model and this audio. Returns the words with times in the
 * media, as `placeSegments` does.
 */
export async function recognizePiece(tools: WorkTools, run: Run, given: PieceOfSpeech): Promise<Recognized> {
  const { piece, language, task, slot, share } = given;
  const engine = installedEngine(tools.sandbox.programs);
  const unsupported = engine.unsupported({ language, task });
  if (unsupported) throw new JobFailure('transcription_failed', unsupported);
  const timeline = hearSpeech(piece);
  const audio = await writeAudio(run, given, timeline);
  const seconds = heardMs(timeline) / 1000;
  const paths = { audio: '/in/speech', result: '/out/transcript' };
  const recognition = { ...paths, threads: threadsOf(tools), language, task, timeline };
  const files = [{ name: 'speech', path: audio }, ...(await writeTexts(run, engine.texts(recognition)))];
  const cpuSeconds = Math.ceil(LEAST_SECONDS + CPU_SHARE * seconds);
  const limits = await speechLimits(tools, run, {
    ...{ memoryBytes: MOST_MEMORY_BYTES, outputBytes: MAX_RESULT_BYTES },
    ...{ cpuSeconds, wallMs: cpuSeconds * 1000 },
  });
  const command = { args: engine.args(recognition), durationSeconds: seconds, memoryBytes: MEMORY_BYTES };
  const outputs = [{ path: paths.result }];
  const cell = { program: engine.program, command: { ...command, outputs }, files, slot, limits };
  const result = await runCommand(tools, run, { ...cell, ...(share && { share }) });
  try {
    const written = join(result.outputDir, 'transcript');
    await sizeOfPlainFile(written);
    const found = engine.parse(await readFile(written, 'utf8'));
    return { ...found, segments: placeSegments(found.segments, timeline, piece) };
  } finally {
    await result.release();
  }
}

/**
 * Returns the number of threads of a recognizer, from 1 to `MAX_THREADS`: the number of cores of this machine minus one, divided by the
 * number of its heavy slots. A recognizer is slower with all cores than with one core less.
 */
function threadsOf({ settings }: WorkTools): number {
  const heavy = Math.max(1, settings.slots.filter((classes) => classes.includes('heavy')).length);
  return Math.min(MAX_THREADS, Math.max(1, Math.floor((settings.cores - 1) / heavy)));
}

async function writeAudio(
  run: Run,
  { samples, offset, piece }: PieceOfSpeech,
  { stretches }: Timeline,
): Promise<string> {
  const path = join(run.folder, `speech-${piece.from}`);
  await run.disk.reserve(heardMs({ stretches }) * BYTES_PER_MS);
  for (const [index, { from, to }] of stretches.entries()) {
    const [start, end] = [from - offset, Math.min(to - offset, samples.ms)].map((ms) => Math.max(0, ms) * BYTES_PER_MS);
    if (end! <= start!) continue;
    const part = createReadStream(samples.path, { start: start!, end: end! - 1 });
    await pipeline(part, createWriteStream(path, { flags: index === 0 ? 'w' : 'a', mode: 0o600 }), {
      signal: run.signal,
    });
  }
  return path;
}

async function writeTexts(run: Run, texts: Readonly<Record<string, string>>) {
  const files = [];
  for (const [name, text] of Object.entries(texts)) {
    const path = join(run.folder, `speech-${name}`);
    await writeFile(path, text, { mode: 0o600 });
    files.push({ name, path });
  }
  return files;
}
