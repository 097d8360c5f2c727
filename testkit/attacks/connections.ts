import { connect, type Socket } from 'node:net';

/** Source address of the attacker, while 127.0.0.1 is another client. All of 127.0.0.0/8 is this machine. */
export const ATTACKER = '127.0.0.2';

export interface Attack {
  port: number;
  /** Number of connections that send nothing. */
  idle: number;
  /** Number of connections that send or read a little at a time. They alternate between request heads and bodies of the URLs. */
  trickling: number;
  /** Signed PUT URLs for `UPLOAD_BYTES` bytes of video/mp4. */
  putUrls?: string[];
  /** Signed GET URLs of objects that are larger than the kernel's buffers for a client that does not read. */
  getUrls?: string[];
}

export interface Attacker {
  /** Returns the numbers of connections that were opened so far, that the server has closed, and that are open now. */
  counts(): { opened: number; ended: number; open: number };
  end(): void;
}

export const UPLOAD_BYTES = 10_000_000;
const BATCH = 200;
/** Maximum number of reconnects per tick, so that measurements do not include the attacker's own work. */
const RECONNECTS = 50;
const TICK_MS = 100;
const TRICKLE_MS = 500;
/** Bytes per trickle. The rate is slightly above the minimum rate of the storage, 1000 bytes per second. */
const TRICKLE_BYTES = 600;

/** What a connection sends first, and what it does at each trickle. */
interface Behavior {
  hello: string;
  trickle?: (socket: Socket) => void;
  isReader?: boolean;
}

/**
 * Opens all connections that a port allows for one address, and opens a new connection when one is closed. Resolves once each connection
 * has been tried.
 */
export async function attack(target: Attack): Promise<Attacker> {
  const open = new Map<Socket, Behavior>();
  const lost: Behavior[] = [];
  const counts = { opened: 0, ended: 0 };
  let over = false;
  const start = (behavior: Behavior) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port: target.port, host: '127.0.0.1', localAddress: ATTACKER });
      socket.on('error', () => undefined);
      socket.once('connect', () => {
        counts.opened++;
        open.set(socket, behavior);
        if (behavior.hello) socket.write(behavior.hello);
        resolve();
      });
      // A download reads only at each trickle. The other connections read continuously, because a paused socket does not notice that it was
      // closed.
      if (!behavior.isReader) socket.resume();
      socket.once('close', () => {
        if (open.delete(socket)) counts.ended++;
        if (!over) lost.push(behavior);
        resolve();
      });
    });

  const behaviors = behaviorsOf(target);
  for (let at = 0; at < behaviors.length; at += BATCH) await Promise.all(behaviors.slice(at, at + BATCH).map(start));
  const reconnect = setInterval(() => lost.splice(0, RECONNECTS).map(start), TICK_MS);
  const trickle = setInterval(() => {
    for (const [socket, behavior] of open) behavior.trickle?.(socket);
  }, TRICKLE_MS);
  return {
    counts: () => ({ ...counts, open: open.size }),
    end() {
      over = true;
      clearInterval(reconnect);
      clearInterval(trickle);
      for (const socket of open.keys()) socket.destroy();
    },
  };
}

/** Returns the trickling connections first. The trickling connections then stay open, and the idle connections are rejected. */
function behaviorsOf({ idle, trickling, putUrls = [], getUrls = [] }: Attack): Behavior[] {
  const kinds: ((index: number) => Behavior)[] = [
    () => ({ hello: 'GET / HTTP/1.1\r\nx-slow: ', trickle: (socket) => socket.write('y') }),
  ];
  if (putUrls.length > 0) {
    const body = 'x'.repeat(TRICKLE_BYTES);
    const rest = `content-type: video/mp4\r\ncontent-length: ${UPLOAD_BYTES}`;
    kinds.push((index) => ({
      hello: headOf('PUT', putUrls[index % putUrls.length]!, rest),
      trickle: (socket) => socket.write(body),
    }));
  }
  if (getUrls.length > 0) {
    kinds.push((index) => ({
      hello: headOf('GET', getUrls[index % getUrls.length]!, 'x-slow: y'),
      trickle: (socket) => socket.read(TRICKLE_BYTES),
      isReader: true,
    }));
  }
  const slow = Array.from({ length: trickling }, (_, index) =>
    kinds[index % kinds.length]!(Math.floor(index / kinds.length)),
  );
  return [...slow, ...Array<Behavior>(idle).fill({ hello: '' })];
}

function headOf(method: string, signed: string, rest: string): string {
  const { pathname, search, host } = new URL(signed);
  return `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${rest}\r\n\r\n`;
}
