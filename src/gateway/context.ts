import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from './authenticate.ts';
import type { Disk } from './disk.ts';
import type { Uploads } from './multipart/uploads.ts';
import type { Room } from './room.ts';
import type { Target } from './target.ts';
import type { Transfers } from './transfers.ts';

/** Argument of a handler: a request with a verified signature, for the bucket of this gateway. */
export interface Context {
  request: IncomingMessage;
  response: ServerResponse;
  target: Target;
  identity: Identity;
  disk: Disk;
  /** Multipart uploads that are not complete. */
  uploads: Uploads;
  room: Room;
  transfers: Transfers;
  bucket: string;
  maxObjectBytes: number;
  minimumRate: MinimumRate;
  /** Must be called before the body is read: answers 100 when the client waits for it. */
  acceptBody: () => void;
}

/** A transfer that moves less than `bytesPerSecond` on average over `windowMs` is given up. */
export interface MinimumRate {
  bytesPerSecond: number;
  windowMs: number;
}

export type Handler = (context: Context) => Promise<void>;
