import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestService } from '../../service.ts';
import { memoryOfRoles } from '../flood/memory.ts';
import type { Order, Outcome } from './attacker-process.ts';
import { type Seen, watchAsBystander } from './bystander.ts';
import type { Attack } from './route-attacks.ts';
import type { Route } from './route-list.ts';

export interface Attacker {
  start(order: Order): Promise<void>;
  end(): Promise<Outcome>;
  close(): void;
}

export interface Measured extends Seen {
  outcome: Outcome;
  /** Maximum resident memory of the API in MiB. */
  mostMib: number;
}

/** The kind of attacker. A stranger has no key. */
export type Persona = 'stranger' | 'greedy account';

const LOOK_MS = 50;
const BYSTANDER_MS = 20;
const RESPONSE_MS = 60_000;

/** Starts the process that attacks, in a separate session with the lowest priority. */
export function openAttacker(): Attacker {
  const path = join(import.meta.dirname, 'attacker-process.ts');
  const child = fork(path, { execArgv: ['--import', 'tsx'], detached: true });
  const ask = async (message: Order | 'end') => {
    const response = once(child, 'message', { signal: AbortSignal.timeout(RESPONSE_MS) });
    child.send(message);
    return (await response)[0];
  };
  return {
    start: ask,
    end: () => ask('end'),
    close: () => child.disconnect(),
  };
}

/** Returns the routes that a persona can attack in this way. */
export function targetsOf(attack: Attack, routes: readonly Route[], persona: Persona): Route[] {
  const own = persona === 'stranger' ? routes : routes.filter(({ port, isOpen }) => port === 'api' && !isOpen);
  return own.filter((route) => attack.suits(route));
}

/** Attacks for `forMs` milliseconds while another account sends ordinary requests. */
export async function attackRoutes(
  attacker: Attacker,
  service: TestService,
  attacked: { attack: Attack; routes: readonly Route[]; key: string | null; addresses: string[]; connections: number },
  { bystanderKey, forMs }: { bystanderKey: string; forMs: number },
): Promise<Measured> {
  const ports = { api: service.api, storage: service.storage, metrics: service.metrics };
  const targets = attacked.routes.map((route) => ({
    route,
    port: Number(new URL(ports[route.port]).port),
    key: attacked.key,
  }));
  let mostMib = 0;
  const watch = setInterval(() => {
    mostMib = Math.max(mostMib, memoryOfRoles(service).api!);
  }, LOOK_MS);
  const { addresses, connections } = attacked;
  await attacker.start({ attack: attacked.attack.name, targets, addresses, connections });
  const bystander = watchAsBystander(service, bystanderKey, BYSTANDER_MS);
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const seen = await bystander.stop();
  const outcome = await attacker.end();
  clearInterval(watch);
  return { ...seen, outcome, mostMib };
}

/** Returns addresses for the attacker. All of 127.0.0.0/8 is this machine. */
export function attackerAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);
}
