import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { sendQueueOf } from './send-queues.ts';

/** The minimum rate at which the peer of a connection must receive bytes while there are bytes to send. */
export interface ReadRate {
  bytes: number;
  windowMs: number;
}

export interface WatchOptions {
  /**
   * Whether bytes that wait in the kernel count as well as bytes that wait in this process. By default, only bytes in this process count.
   */
  countsQueue?: boolean;
}

/** Number of checks in a window. */
const CHECKS = 6;

/**
 * Calls `onSlow` once if the peer of a socket receives fewer bytes than the rate while bytes wait in this process. Counts the bytes that
 * have left the machine. The kernel accepts several megabytes for a peer that reads nothing, and then for a slow peer nothing for up to a
 * minute, so the bytes that the kernel accepts say little about the peer:
 *
 *     this process ── handed over ──> send queue of the kernel ── acknowledged ──> peer
 *     writableLength                  sendQueueOf                                  counted here
 *
 * If the queue is unknown, counts the bytes that the kernel accepts.
 * @param onSlow gets the bytes that the peer has received in the window
 * @returns a function that ends the watch
 */
export function watchReader(
  socket: Socket,
  rate: ReadRate,
  onSlow: (received: number) => void,
  options: WatchOptions = {},
): () => void {
  const watch = new ReaderWatch({ socket, rate, onSlow, countsQueue: options.countsQueue ?? false });
  return () => watch.end();
}

/** Resolves when the peer has received all bytes that were written, when the socket is closed, or if the queue of the kernel is unknown. */
export async function untilReceived(socket: Socket, everyMs: number): Promise<void> {
  while (!socket.destroyed) {
    const queued = (await sendQueueOf(socket, everyMs)) ?? 0;
    if (queued === 0 && socket.writableLength === 0) return;
    await setTimeout(everyMs);
  }
}

/** Watches the client of a response until the kernel has accepted the entire response, or until the response is closed. */
export function watchResponse(response: ServerResponse, rate: ReadRate, onSlow: (received: number) => void): void {
  const { socket } = response;
  // A response of a simulated request has no socket.
  if (!socket || response.closed) return;
  const end = watchReader(socket, rate, onSlow);
  response.once('finish', end).once('close', end);
}

interface Watched {
  socket: Socket;
  rate: ReadRate;
  onSlow: (received: number) => void;
  countsQueue: boolean;
}

class ReaderWatch {
  readonly #socket: Socket;
  readonly #rate: ReadRate;
  readonly #onSlow: (received: number) => void;
  readonly #countsQueue: boolean;
  readonly #timer: NodeJS.Timeout;
  /** Bytes handed to the kernel until the last check. */
  #handed: number;
  /** Bytes in the kernel's queue at the last check; null if that is unknown. */
  #queued: number | null = null;
  /** Bytes that the peer has received in this window. */
  #received = 0;
  /** Number of checks in this window. */
  #checks = 0;
  #isChecking = false;
  #hasEnded = false;

  constructor({ socket, rate, onSlow, countsQueue }: Watched) {
    this.#socket = socket;
    this.#rate = rate;
    this.#onSlow = onSlow;
    this.#countsQueue = countsQueue;
    this.#handed = handedOver(socket);
    this.#timer = setInterval(() => void this.#check(), rate.windowMs / CHECKS);
  }

  end(): void {
    this.#hasEnded = true;
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    const isFast = handedOver(this.#socket) - this.#handed >= this.#rate.bytes;
    // If a connection is fast or has no bytes to send, the tables of the kernel need not be read.
    if (isFast || (this.#isEmpty() && !this.#countsQueue)) {
      this.#restart(null);
      return;
    }
    this.#isChecking = true;
    const queued = await sendQueueOf(this.#socket, this.#rate.windowMs / CHECKS / 2);
    this.#isChecking = false;
    if (this.#hasEnded) return;
    if (this.#isEmpty() && (queued ?? 0) === 0) this.#restart(queued);
    else this.#count(queued);
  }

  #isEmpty(): boolean {
    return this.#socket.writableLength === 0;
  }

  #count(queued: number | null): void {
    const handed = handedOver(this.#socket);
    const isFirst = queued !== null && this.#queued === null;
    const left = queued !== null && this.#queued !== null ? this.#queued - queued : 0;
    // The kernel takes a part of a piece before the piece counts as handed over, so the sum can be negative.
    if (!isFirst) this.#received += Math.max(0, handed - this.#handed + left);
    this.#handed = handed;
    this.#queued = queued;
    this.#checks += 1;
    if (this.#received >= this.#rate.bytes) this.#restart(queued);
    if (this.#checks < CHECKS) return;
    this.end();
    this.#onSlow(this.#received);
  }

  /** Begins a new window. */
  #restart(queued: number | null): void {
    this.#handed = handedOver(this.#socket);
    this.#queued = queued;
    this.#received = 0;
    this.#checks = 0;
  }
}

/** Returns the number of bytes in the written pieces that the kernel has accepted completely. */
function handedOver(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
