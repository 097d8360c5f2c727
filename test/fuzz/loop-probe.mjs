// Preloaded into a service (NODE_OPTIONS=--import=…). The API reports on a socket the longest time in milliseconds for which its event loop
// was occupied without a break since the previous report.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const path = process.env.AIRLOCK_TEST_LOOP_SOCKET;
if (path && process.argv.includes('api')) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The loop cannot have been occupied for longer than the thread has computed. This excludes the time that other processes took.
  const computed = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  let before = computed();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      // Reports after the next turn of the loop, which measures the time that ends now.
      setTimeout(() => {
        const now = computed();
        socket.write(`${Math.min(delay.max / 1e6, now - before)}\n`);
        delay.reset();
        before = computed();
      }, 2);
    });
  });
  server.listen(path);
  server.unref();
}
