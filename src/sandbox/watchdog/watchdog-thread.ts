import { parentPort } from 'node:worker_threads';
import { watchCell } from './watch-cell.ts';
import type { WatchdogMessage } from './watchdog.ts';

const watched = new Map<number, { stop(): void }>();

parentPort!.on('message', ({ id, request }: WatchdogMessage) => {
  if (request) {
    watched.set(id, watchCell(request));
    return;
  }
  watched.get(id)?.stop();
  watched.delete(id);
});
parentPort!.postMessage('ready');
