import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { buildWhisper, whisperRecipe } from '../../sandbox/speech/build-whisper.ts';
import { hashOf, installModel, readInstalled, recordProgram, speechFolder } from '../../sandbox/speech/installed.ts';
import { UsageError } from '../exit.ts';

interface InstallOptions {
  model: string;
  sha256: string;
  name?: string;
  json?: boolean;
}

/**
 * Checks and installs a speech model, and builds whisper.cpp. A worker uses both after its next start.
 */
export async function transcribeInstallCommand(config: Config, options: InstallOptions): Promise<void> {
  if (!options.model) throw new UsageError('Pass the file of a model with --model.');
  const folder = speechFolder(config.dataDir);
  const say = (text: string) => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Checks and installs the model first, because this takes a second, whereas the build takes a minute.
  const { name: given, model: file, sha256 } = options;
  const { name, facts } = await installModel(folder, { file, sha256, ...(given !== undefined && { name: given }) });
  say(
    `Model ${name}: ${Math.round(facts.sizeBytes / 1e6)} MB, ${facts.isMultilingual ? 'multilingual' : 'English only'}.`,
  );
  const program = join(folder, `whisper-${whisperRecipe()}`);
  const known = readInstalled(folder).program;
  const isBuilt = known !== null && join(folder, known.file) === program && hashOf(program) === known.sha256;
  if (!isBuilt) {
    await buildWhisper(program, { onStep: (step) => say(`${step} …`) });
    await recordProgram(folder, program);
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify({ model: name, size: facts.sizeBytes, built: !isBuilt })}\n`);
  say('Installed. Restart the worker to use it.');
}
