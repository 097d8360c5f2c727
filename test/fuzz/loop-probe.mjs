// Preloaded into a service (NODE_OPTIONS=--import=…): its API tells, on a socket, for how many milliseconds its event loop was
// occupied at a stretch since it was last asked.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const path = process.env.AIRLOCK_TEST_LOOP_SOCKET;
if (path && process.argv.includes('api')) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The loop cannot have been occupied for longer than the thread computed: what a busy machine takes is left out.
  const computed = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  let before = computed();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      // After the next turn of the loop, which sees the stretch that ends now.
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
