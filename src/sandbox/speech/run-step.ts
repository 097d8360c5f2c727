import { execFile } from 'node:child_process';
import { SpeechError } from './speech-error.ts';

/** Maximum milliseconds of a step. On two slow cores, the compiler needs three minutes. */
const STEP_MS = 30 * 60_000;
const MAX_OUTPUT = 64 * 2 ** 20;
const SHOWN = 600;

/** Environment variables of the operator that a package manager and a compiler need. */
const PASSED =
  /^(?:PATH|HOME|TMPDIR|npm_config_.*|NPM_CONFIG_.*|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|SSL_CERT_.*|NODE_EXTRA_CA_CERTS)$/;

/** Runs one step of an installation. Throws `SpeechError` with the end of the step's output unless the step succeeds. */
export function runStep(what: string, program: string, args: readonly string[], cwd: string): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...env, LC_ALL: 'C' }, timeout: STEP_MS, maxBuffer: MAX_OUTPUT };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (!error) return resolve();
      const output = `${stdout}\n${stderr}`.trim().slice(-SHOWN);
      reject(
        new SpeechError(`could not ${what}: ${output || error.message}`, 'Fix the cause, then run the command again'),
      );
    });
  });
}
