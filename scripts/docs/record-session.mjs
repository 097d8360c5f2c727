// Records docs/images/session.cast (asciicast v2) from real runs: node scripts/docs/record-session.mjs. Only the typing is simulated. The
// recording shortens waits of more than two seconds. `script` gives the commands a terminal.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const SIZE = { width: 100, height: 24 };
const LONGEST_WAIT = 2;

const COMMANDS = [
  'ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=1280x720:d=20 -f lavfi -i sine=d=20 -shortest holiday.mov',
  './airlock transcode holiday.mov holiday.webm --resolution 480p',
  './airlock transcode holiday.mov holiday.gif --option "-vf scale=320:-2" --option "-t 3" --option "-loop 0"',
  './airlock transcode holiday.mov oops.mp4 --filter "[0:v]movie=/etc/passwd[v]"',
  'ls -sh holiday.*',
];

const folder = mkdtempSync(join(tmpdir(), 'airlock-session-'));
symlinkSync(join(root, 'airlock'), join(folder, 'airlock'));
const events = [];
let now = 0;
const show = (text, after = 0) => {
  now += after;
  events.push(JSON.stringify([Number(now.toFixed(3)), 'o', text.replaceAll(folder, '~/videos')]));
};

for (const command of COMMANDS) {
  show('\x1b[1;36m$\x1b[0m ', 0.6);
  for (const letter of command) show(letter, 0.025);
  show('\r\n', 0.3);
  await run(command);
}
show('\x1b[1;36m$\x1b[0m ', 0.5);
show('', 3);
rmSync(folder, { recursive: true, force: true });

const head = { version: 2, ...SIZE, title: 'Airlock: transcode, and refuse', env: { TERM: 'xterm-256color' } };
writeFileSync(join(root, 'docs/images/session.cast'), `${[JSON.stringify(head), ...events].join('\n')}\n`);

async function run(command) {
  const env = { ...process.env, TERM: 'xterm-256color', COLUMNS: String(SIZE.width), LINES: String(SIZE.height) };
  const sized = `stty cols ${SIZE.width} rows ${SIZE.height}; ${command}`;
  const child = spawn('script', ['-qec', sized, '/dev/null'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = performance.now();
  child.stdout.on('data', (bytes) => {
    const waited = (performance.now() - last) / 1000;
    last = performance.now();
    show(bytes.toString(), Math.min(waited, LONGEST_WAIT));
  });
  await new Promise((resolve) => child.once('close', resolve));
}
