import { parentPort } from 'node:worker_threads';
import { type CopyRequest, type CopyResult, copyMovie } from './isobmff/copy-movie.ts';
import { type IndexFirstRequest, type IndexFirstResult, readIndexFirst } from './isobmff/index-first.ts';
import { type JoinRequest, type JoinResult, joinPieces } from './isobmff/join-pieces.ts';
import { packageLadder } from './ladder/package-ladder.ts';
import type { LadderRequest, LadderResult } from './ladder/types.ts';
import { readPartial } from './ranged/read-partial.ts';
import type { PartialRequest, PartialResult } from './ranged/types.ts';
import { sanitizeFile } from './sanitize-file.ts';
import type { SanitizeOutcome, SanitizeRequest } from './types.ts';
import { Rejected } from './verdicts.ts';

/* Runs in the thread and processes one request at a time. An unexpected error ends the thread. */

parentPort!.on(
  'message',
  (request: SanitizeRequest | PartialRequest | IndexFirstRequest | CopyRequest | JoinRequest | LadderRequest) => {
    if ('present' in request) return respond(readPartial(request));
    if ('startTarget' in request) return respond(readIndexFirst(request));
    if ('copied' in request) return respond(copyMovie(request));
    if ('joined' in request) return respond(joinPieces(request));
    if ('renditions' in request) return respond(packageLadder(request));
    sanitizeFile(request).then(
      (result) => respond({ result }),
      (error: unknown) => {
        if (error instanceof Rejected) return respond({ rejection: { code: error.code, message: error.message } });
        const { code, syscall, message } = error as NodeJS.ErrnoException;
        if (code === undefined || syscall === undefined) throw error;
        respond({ fault: { code, message } });
      },
    );
  },
);

function respond(
  message: SanitizeOutcome | PartialResult | IndexFirstResult | CopyResult | JoinResult | LadderResult,
): void {
  parentPort!.postMessage(message);
}
