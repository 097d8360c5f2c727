import { join } from 'node:path';
import { ProgressReader } from '../../ffmpeg/run/progress.ts';
import { PROGRAM_FILES, type Program } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { explainRecognizer } from './explain.ts';
import { hashOf, type InstalledFile, readInstalled, speechFolder } from './installed.ts';

/** Path of the model in cells. */
export const WHISPER_MODEL = `${PROGRAM_FILES}/whisper/model.bin`;

export interface WhisperOptions {
  dataDir: string;
  /** The name of an installed model. With null, the most recently installed model. */
  model: string | null;
  /** Called when an installed file has changed. */
  onChanged?: (file: string) => void;
}

/**
 * Returns the program of whisper.cpp with a model, or null unless both are installed. Both files are hashed before they are added to an
 * image. If a file has changed since its installation, the worker runs without whisper.cpp. Throws `SandboxError` for a model that is not
 * installed.
 */
export function whisperProgram({ dataDir, model, onChanged }: WhisperOptions): Program | null {
  const folder = speechFolder(dataDir);
  const { program, models, current } = readInstalled(folder);
  const name = model ?? current;
  const chosen = name === null ? undefined : models[name];
  if (model !== null && !chosen) throw unknownModel(model, Object.keys(models));
  if (!program || !chosen) return null;
  const isUnchanged = ({ file, sha256 }: InstalledFile) => {
    if (hashOf(join(folder, file)) === sha256) return true;
    onChanged?.(file);
    return false;
  };
  return {
    name: 'whisper',
    find: () => (isUnchanged(program) && isUnchanged(chosen) ? join(folder, program.file) : null),
    libraries: 'static',
    files: [{ from: join(folder, chosen.file), to: WHISPER_MODEL, sha256: chosen.sha256 }],
    seesOnlyItself: true,
    provides: [`transcription:${name}`],
    filter: 'strict',
    version: { args: ['--version'], line: /^airlock-whisper \d/ },
    debian: null,
    hiding: null,
    explain: explainRecognizer,
    progress: (onReport) => new ProgressReader(onReport),
  };
}

function unknownModel(model: string, installed: readonly string[]): SandboxError {
  const remedy =
    installed.length === 0
      ? 'Install one with ./airlock transcribe install'
      : `Name an installed model: ${installed.join(', ')}`;
  return new SandboxError(`AIRLOCK_WHISPER_MODEL is "${model}", which is not installed`, remedy);
}
