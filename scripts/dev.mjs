// Runs `./airlock up`, and restarts it after each change of the sources. `./airlock` builds what has changed. Ctrl-C ends both programs.
// Settings are environment variables, as always: `AIRLOCK_DATA_DIR=/tmp/airlock npm run dev`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Milliseconds without another change before a restart. An editor writes several files in a row, which need only one restart. */
const QUIET_MS = 300;
const SOURCES = /\.(ts|tsx|css|sql|html|svg)$/;

let service = null;
let timer;
let isEnding = false;

function start() {
  service = spawn(join(root, 'airlock'), ['up'], { stdio: 'inherit' });
  const started = service;
  started.on('exit', (code) => {
    if (service === started) service = null;
    if (!isEnding && code) console.error(`dev: ./airlock up ended with exit code ${code}; save a file to try again`);
  });
}

async function stop() {
  const running = service;
  if (!running) return;
  const ended = once(running, 'exit');
  running.kill('SIGTERM');
  await ended;
}

let turn = Promise.resolve();
function restart(path) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    turn = turn.then(async () => {
      console.error(`dev: ${path} has changed, restarting`);
      await stop();
      if (!isEnding) start();
    });
  }, QUIET_MS);
}

for (const folder of ['src', 'web/src', 'sdk/src']) {
  watch(join(root, folder), { recursive: true }, (_, path) => {
    if (path && SOURCES.test(path) && !/\.test\.ts$/.test(path)) restart(join(folder, path));
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    isEnding = true;
    clearTimeout(timer);
    await turn;
    await stop();
    process.exit(0);
  });
}
start();
