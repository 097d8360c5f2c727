import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { type Behavior, ROUTE_ATTACKS } from './route-attacks.ts';
import type { Route } from './route-list.ts';

/*
 * Runs attacks in a separate process, so that their work does not delay measurements. The parent sends one order after another, and `end`
 * to stop the current order. In practice, an attacker does not run on the machine of the service. This process therefore has the lowest
 * priority, so that the attacks measure the service and not a shortage of processors.
 */

export interface Order {
  attack: string;
  /** Targets of the connections, each of which attacks the next target in turn. */
  targets: { route: Route; port: number; key: string | null }[];
  addresses: string[];
  /** Number of connections from each address. */
  connections: number;
}

export interface Outcome {
  opened: number;
  /** Number of connections that the server closed or rejected. */
  closed: number;
  bytesRead: number;
}

/** Maximum number of connections that are opened per tick, so that the attacker leaves some of the processor to the service. */
const CONNECTS = 64;
const TICK_MS = 20;

lowerPriority();

let end: (() => Outcome) | null = null;

process.on('message', async (order: Order | 'end') => {
  if (order === 'end') {
    process.send!(end?.() ?? null);
    end = null;
    return;
  }
  const attack = start(order);
  end = attack.end;
  // On a busy machine, a process with the lowest priority may wait for seconds.
  await attack.opened;
  process.send!('started');
});
process.on('disconnect', () => process.exit());

/**
 * Lowers the priority of this process and of its session, because Linux may group the processes of a session, and then applies priorities
 * only within a group.
 */
function lowerPriority(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    writeFileSync('/proc/self/autogroup', String(constants.priority.PRIORITY_LOW));
  } catch {
    // The kernel does not group the processes of sessions.
  }
}

/** Starts an attack. `opened` resolves when the service has accepted the first connection. */
function start(order: Order): { end: () => Outcome; opened: Promise<void> } {
  const attack = ROUTE_ATTACKS.find(({ name }) => name === order.attack)!;
  const outcome: Outcome = { opened: 0, closed: 0, bytesRead: 0 };
  const open = new Set<Socket>();
  const waiting = order.addresses.flatMap((address) => Array<string>(order.connections).fill(address));
  let turn = 0;
  let onOpened: () => void;
  const opened = new Promise<void>((resolve) => {
    onOpened = resolve;
  });
  const connectNext = (address: string) => {
    const { route, port, key } = order.targets[turn++ % order.targets.length]!;
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    open.add(socket);
    socket.on('error', () => {});
    socket.once('connect', () => {
      outcome.opened++;
      onOpened();
      use(socket, attack.behave(route, key), outcome);
    });
    socket.once('close', () => {
      open.delete(socket);
      outcome.closed++;
      waiting.push(address);
    });
  };
  const timer = setInterval(() => {
    for (const address of waiting.splice(0, CONNECTS)) connectNext(address);
  }, TICK_MS);
  const end = () => {
    clearInterval(timer);
    for (const socket of open) socket.removeAllListeners('close').resetAndDestroy();
    return outcome;
  };
  return { end, opened };
}

function use(socket: Socket, behavior: Behavior, outcome: Outcome): void {
  if (behavior.isSilent) socket.pause();
  else {
    socket.on('data', (chunk) => {
      outcome.bytesRead += chunk.length;
      behavior.onData?.(socket);
    });
  }
  socket.write(behavior.hello);
  if (behavior.resetAfterMs !== undefined) setTimeout(() => socket.resetAndDestroy(), behavior.resetAfterMs);
}
