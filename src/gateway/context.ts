import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from './authenticate.ts';
import type { Disk } from './disk.ts';
import type { Uploads } from './multipart/uploads.ts';
import type { Pieces } from './pieces.ts';
import type { Reservations } from './reservations.ts';
import type { StoredFeed } from './stored-feed.ts';
import type { Target } from './target.ts';
import type { Transfers } from './transfers.ts';

/** Argument of a handler: an authenticated request for the bucket of this gateway. */
export interface Context {
  request: IncomingMessage;
  response: ServerResponse;
  target: Target;
  identity: Identity;
  disk: Disk;
  /** Incomplete multipart uploads. */
  uploads: Uploads;
  reservations: Reservations;
  /** Reports uploads to Airlock's other processes. */
  stored: StoredFeed;
  transfers: Transfers;
  pieces: Pieces;
  /** Address of the client, or the address that trusted proxies report for the client. */
  clientAddress: string;
  bucket: string;
  /** Folder from which workers can hand over files. Null if the gateway accepts no hand-over. */
  handOverRoot: string | null;
  maxObjectBytes: number;
  minimumRate: MinimumRate;
  /** Must be called before the body is read: sends 100 Continue if the client expects this response. */
  acceptBody: () => void;
}

/** A transfer is aborted if it averages less than `bytesPerSecond` over `windowMs`. */
export interface MinimumRate {
  bytesPerSecond: number;
  windowMs: number;
}

export type Handler = (context: Context) => Promise<void>;
