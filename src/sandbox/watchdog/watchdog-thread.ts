import { parentPort } from 'node:worker_threads';
import { CellWatch } from './watch-cell.ts';
import type { WatchdogMessage } from './watchdog.ts';

const watched = new Map<number, CellWatch>();

parentPort!.on('message', ({ id, request }: WatchdogMessage) => {
  if (request) {
    watched.set(id, new CellWatch(request));
    return;
  }
  watched.get(id)?.stop();
  watched.delete(id);
});
parentPort!.postMessage('ready');
