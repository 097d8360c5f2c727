import { statSync } from 'node:fs';
import { PROGRAM_FILES, type Program } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { explainRecognizer } from './explain.ts';

const PROGRAM = '/usr/bin/pocketsphinx_batch';
const MODEL = '/usr/share/pocketsphinx/model/en-us';
/** The files of the model that the recognizer reads. */
const FILES: readonly string[] = [
  ...['cmudict-en-us.dict', 'en-us.lm.bin', 'en-us/feat.params', 'en-us/mdef', 'en-us/means', 'en-us/noisedict'],
  ...['en-us/sendump', 'en-us/transition_matrices', 'en-us/variances'],
];

/** The folder of the model, in cells. */
export const POCKETSPHINX_MODEL = `${PROGRAM_FILES}/pocketsphinx`;

/**
 * Returns the program of PocketSphinx from the distribution, which recognizes US English inaccurately and without punctuation. Throws
 * `SandboxError` if PocketSphinx is not installed.
 */
export function pocketsphinxProgram(): Program {
  const isThere = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const missing = [
    ...(isThere(PROGRAM) ? [] : ['pocketsphinx']),
    ...(FILES.every((file) => isThere(`${MODEL}/${file}`)) ? [] : ['pocketsphinx-en-us']),
  ];
  if (missing.length > 0) {
    throw new SandboxError(
      `AIRLOCK_TRANSCRIBE_ENGINE is pocketsphinx, which is not installed`,
      `Run apt-get install ${missing.join(' ')}`,
    );
  }
  return {
    name: 'pocketsphinx',
    find: () => (isThere(PROGRAM) ? PROGRAM : null),
    libraries: { unused: [] },
    files: FILES.map((file) => ({ from: `${MODEL}/${file}`, to: `${POCKETSPHINX_MODEL}/${file}` })),
    seesOnlyItself: true,
    provides: ['transcription:pocketsphinx-en-us'],
    filter: 'linked',
    // The program has no version option. Without arguments, it lists its arguments and fails.
    version: { args: [], usage: /No arguments given/, exitCode: 1 },
    debian: { package: 'pocketsphinx', path: PROGRAM },
    hiding: null,
    explain: explainRecognizer,
    progress: null,
  };
}
