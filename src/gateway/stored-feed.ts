import type { ServerResponse } from 'node:http';
import { storedLine } from '../storage/embedded/stored-feed.ts';
import { isUploadKey } from '../storage/keys.ts';
import type { StoredUpload } from '../storage/types.ts';

/** Number of unread bytes above which a response is aborted. Its reader then finds arrived uploads without the feed. */
const MAX_UNREAD = 1_048_576;
/** Milliseconds between keep-alive lines. The interval is shorter than the silence after which clients disconnect. */
const BEAT_MS = 30_000;

/** The open responses to internal roles that follow arriving uploads. */
export class StoredFeed {
  readonly #responses = new Set<ServerResponse>();
  #beat: NodeJS.Timeout | undefined;

  add(response: ServerResponse): void {
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      if (this.#responses.size === 0) clearInterval(this.#beat);
    });
    if (this.#responses.size === 1) this.#beat = setInterval(() => this.#write('\n'), BEAT_MS).unref();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
  }

  /** Reports an upload. Ignores all other stored objects. */
  report(stored: StoredUpload): void {
    if (isUploadKey(stored.key)) this.#write(storedLine(stored));
  }

  close(): void {
    for (const response of this.#responses) response.end();
  }

  #write(line: string): void {
    for (const response of this.#responses) {
      if (response.writableLength > MAX_UNREAD) response.destroy();
      else response.write(line);
    }
  }
}
