import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The tables of the kernel with the TCP connections of this process's network (`proc_net_tcp`). */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** A line of a table: number, local end, remote end, state, bytes to send. All numbers are hexadecimal. */
const LINE = /^ *\d+: ([\dA-F]+:[\dA-F]{4}) ([\dA-F]+:[\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm;

type Queues = ReadonlyMap<string, number>;

let reading: { at: number; queues: Promise<Queues> } | null = null;

/**
 * Returns the number of bytes that the kernel has accepted from a TCP socket and that its peer has not acknowledged. Null if the number is
 * unknown: for a Unix socket, a closed socket, and on systems without these tables. Calls within `maxAgeMs` share one reading.
 */
export async function sendQueueOf(socket: Socket, maxAgeMs: number): Promise<number | null> {
  const name = nameOf(socket);
  if (name === null) return null;
  const now = performance.now();
  if (!reading || now - reading.at > maxAgeMs) reading = { at: now, queues: readQueues() };
  return (await reading.queues).get(name) ?? null;
}

async function readQueues(): Promise<Queues> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
  return new Map(texts.flatMap(parseQueues));
}

/** Returns the number of bytes to send for each connection in a table. */
export function parseQueues(table: string): [name: string, bytes: number][] {
  return [...table.matchAll(LINE)].map(([, local, remote, bytes]) => [
    `${local} ${remote}`,
    Number.parseInt(bytes!, 16),
  ]);
}

function nameOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string | null {
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return null;
  return `${endOf(localAddress, localPort)} ${endOf(remoteAddress, remotePort)}`;
}

/**
 * Formats an end of a connection as the kernel does: the address as 32-bit numbers in the machine's byte order, which is little-endian, and
 * the port.
 */
function endOf(address: string, port: number): string {
  const bytes = ipaddr.parse(address.replace(/%.*$/, '')).toByteArray();
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4)
    words.push(Buffer.from(bytes.slice(at, at + 4).reverse()).toString('hex'));
  return `${words.join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
