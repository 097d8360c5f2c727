import { parentPort } from 'node:worker_threads';
import type { ArrivingRequest, ArrivingResult } from './index.ts';
import { type ArrivingFile, readArriving } from './read-arriving.ts';

/* Runs in the thread: reads one file and ends. After any error, the file must be read again once it has arrived. */

let file: ArrivingFile | null = null;

parentPort!.on('message', (request: ArrivingRequest) => {
  parentPort!.postMessage(handle(request));
});

function handle(request: ArrivingRequest): ArrivingResult {
  try {
    if (request.type === 'open') {
      file = readArriving(request.path, request);
      return { packets: file.packets, info: file.info, corrections: file.corrections, text: file.text };
    }
    file!.copy(request.target);
    return { packets: null, info: null, corrections: {}, text: null };
  } catch (error) {
    return { reason: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' };
  }
}
