import { parentPort } from 'node:worker_threads';
import { type IndexFirstRequest, type IndexFirstResult, readIndexFirst } from './isobmff/index-first.ts';
import { type JoinRequest, type JoinResult, joinPieces } from './isobmff/join-pieces.ts';
import { type PartialRequest, type PartialResult, readPartial } from './ranged/read-partial.ts';
import { sanitizeFile } from './sanitize-file.ts';
import type { SanitizeOutcome, SanitizeRequest } from './types.ts';
import { Rejected } from './verdicts.ts';

/* The thread's side: answers one request at a time. An unexpected error ends the thread. */

parentPort!.on('message', (request: SanitizeRequest | PartialRequest | IndexFirstRequest | JoinRequest) => {
  if ('present' in request) return answer(readPartial(request));
  if ('startTarget' in request) return answer(readIndexFirst(request));
  if ('joined' in request) return answer(joinPieces(request));
  sanitizeFile(request).then(
    (result) => answer({ result }),
    (error: unknown) => {
      if (error instanceof Rejected) return answer({ rejection: { code: error.code, message: error.message } });
      const { code, syscall, message } = error as NodeJS.ErrnoException;
      if (code === undefined || syscall === undefined) throw error;
      answer({ fault: { code, message } });
    },
  );
});

function answer(message: SanitizeOutcome | PartialResult | IndexFirstResult | JoinResult): void {
  parentPort!.postMessage(message);
}
