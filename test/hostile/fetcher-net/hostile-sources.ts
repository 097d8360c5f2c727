import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** The behavior of a hostile public source, and the allowed results. */
export interface HostileSource {
  /** Allowed error codes. */
  codes: string[];
  /** Exact number of bytes, if a success is allowed as well. */
  orBytes?: number;
  behave(socket: Socket, request: string): void;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const BODY = 'media';

/** Returns a source that sends the text and closes the connection. */
const say = (text: string | Buffer, codes: string[], orBytes?: number): HostileSource => ({
  codes,
  ...(orBytes === undefined ? {} : { orBytes }),
  behave: (socket) => void socket.end(text),
});

/** Returns a source that sends `start`, and then `again` repeatedly: as fast as the client reads, or every `everyMs` milliseconds. */
const repeat = (start: string, again: string | Buffer, codes: string[], everyMs = 0): HostileSource => ({
  codes,
  behave(socket) {
    socket.write(start);
    if (everyMs > 0) {
      const timer = setInterval(() => socket.write(again), everyMs);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    const push = (): void => {
      while (!socket.destroyed && socket.write(again)) {
        // Writes until the buffer of the socket is full.
      }
    };
    socket.on('drain', push);
    push();
  },
});

const redirect = (to: string, status = 302): HostileSource =>
  say(`HTTP/1.1 ${status} X\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`, []);

const BROKEN = ['source_error'];
const SLOW = ['source_timeout'];
const BIG = ['source_too_large'];

export const HOSTILE_SOURCES: Record<string, HostileSource> = {
  // Responses with wrong lengths and broken syntax.
  'length-too-long': say(`${OK}content-length: 100\r\n\r\n${BODY}`, ['source_incomplete']),
  'length-too-short': say(
    `${OK}content-length: 5\r\n\r\n${BODY}${'X'.repeat(5000)}`,
    ['source_error', 'source_incomplete'],
    5,
  ),
  'length-negative': say(`${OK}content-length: -1\r\n\r\n${BODY}`, BROKEN),
  'length-huge': say(`${OK}content-length: 99999999999999999999999\r\n\r\n${BODY}`, BROKEN),
  'length-over-limit': say(`${OK}content-length: 4000000000\r\n\r\n${BODY}`, BIG),
  'length-hex': say(`${OK}content-length: 0x5\r\n\r\n${BODY}`, BROKEN),
  'length-twice': say(`${OK}content-length: 5\r\ncontent-length: 50\r\n\r\n${BODY}`, BROKEN),
  'length-list': say(`${OK}content-length: 5, 50\r\n\r\n${BODY}`, BROKEN),
  'length-plus': say(`${OK}content-length: +5\r\n\r\n${BODY}`, BROKEN),
  'length-and-chunked': say(
    `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\n${BODY}\r\n0\r\n\r\n`,
    BROKEN,
  ),
  'chunked-and-length': say(
    `${OK}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\n${BODY}\r\n0\r\n\r\n`,
    BROKEN,
  ),
  'encoding-twice': say(`${OK}transfer-encoding: chunked, chunked\r\n\r\n5\r\n${BODY}\r\n0\r\n\r\n`, [
    'source_refused',
    'source_error',
  ]),
  'encoding-unknown': say(`${OK}transfer-encoding: x-chunked\r\n\r\n5\r\n${BODY}\r\n0\r\n\r\n`, [
    'source_refused',
    'source_error',
  ]),
  'encoding-hidden': say(`${OK}transfer-encoding: identity, chunked\r\n\r\n5\r\n${BODY}\r\n0\r\n\r\n`, [
    'source_refused',
    'source_error',
  ]),
  'space-before-colon': say(`${OK}content-length : 5\r\n\r\n${BODY}`, BROKEN),
  'folded-header': say(`${OK}x: a\r\n b\r\ncontent-length: 5\r\n\r\n${BODY}`, BROKEN, 5),
  'bare-line-feeds': say(`HTTP/1.1 200 OK\ncontent-length: 5\n\n${BODY}`, BROKEN, 5),
  'nul-in-header': say(`${OK}x: a\0b\r\ncontent-length: 5\r\n\r\n${BODY}`, BROKEN),
  'chunk-without-end': say(`${OK}transfer-encoding: chunked\r\n\r\n5\r\n${BODY}\r\n`, ['source_incomplete']),
  'chunk-size-overflow': say(`${OK}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n${BODY}\r\n`, BROKEN),
  'chunk-size-negative': say(`${OK}transfer-encoding: chunked\r\n\r\n-5\r\n${BODY}\r\n`, BROKEN),
  'chunk-size-huge': say(`${OK}transfer-encoding: chunked\r\n\r\nfffffffffff\r\n${BODY}\r\n`, ['source_incomplete']),
  'chunk-without-line': say(`${OK}transfer-encoding: chunked\r\n\r\n5\r\n${BODY}XX0\r\n\r\n`, BROKEN),
  'status-999': say(`HTTP/1.1 999 X\r\ncontent-length: 5\r\n\r\n${BODY}`, BROKEN),
  'status-206': say(`HTTP/1.1 206 X\r\ncontent-range: bytes 0-4/5\r\ncontent-length: 5\r\n\r\n${BODY}`, BROKEN),
  'status-204': say('HTTP/1.1 204 X\r\n\r\n', BROKEN),
  'status-304': say('HTTP/1.1 304 X\r\n\r\n', BROKEN),
  'status-missing': say(`HTTP/1.1 OK\r\n\r\n${BODY}`, BROKEN),
  'version-2': say('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', BROKEN),
  'no-headers-at-all': say(BODY, BROKEN),
  'two-answers': say(`${OK}content-length: 5\r\n\r\n${BODY}${OK}content-length: 6\r\n\r\nsecret`, ['source_error'], 5),
  upgrade: say('HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nabc', [
    'source_unreachable',
    'source_error',
  ]),
  'closes-at-once': say('', ['source_unreachable']),
  'resets-in-body': {
    codes: ['source_incomplete'],
    behave(socket) {
      socket.write(`${OK}content-length: 500\r\n\r\n${BODY}`, () => socket.resetAndDestroy());
    },
  },

  // Tar pits: sources that keep a connection open for as long as possible.
  'never-answers': { codes: SLOW, behave: () => {} },
  'one-byte-at-a-time': repeat(`${OK}content-length: 1000000\r\n\r\n`, 'x', SLOW, 100),
  'headers-one-by-one': repeat(OK, 'x: y\r\n', SLOW, 50),
  'status-byte-by-byte': repeat('HTTP/1.1 200 ', 'O', SLOW, 50),
  'hints-for-ever': repeat('', 'HTTP/1.1 103 Early Hints\r\n\r\n', SLOW, 20),
  'continues-for-ever': repeat('', 'HTTP/1.1 100 Continue\r\n\r\n', SLOW, 20),
  'body-then-silence': {
    codes: SLOW,
    behave: (socket) => void socket.write(`${OK}content-length: 1000\r\n\r\n${BODY}`),
  },
  'redirect-then-silence': {
    codes: SLOW,
    behave: (socket) => void socket.write('HTTP/1.1 302 X\r\nlocation: /never-answers\r\n\r\n'),
  },
  'chunk-line-dripping': repeat(`${OK}transfer-encoding: chunked\r\n\r\n`, '0', SLOW, 50),

  // Bombs: sources that send too much.
  'gzip-bomb': say(Buffer.concat([Buffer.from(`${OK}content-encoding: gzip\r\n\r\n`), gzipSync(Buffer.alloc(5e7))]), [
    'source_refused',
  ]),
  'double-gzip': say(`${OK}content-encoding: gzip, gzip\r\n\r\nx`, ['source_refused']),
  'transfer-gzip': say(`${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, ['source_refused']),
  'brotli-unasked': say(`${OK}content-encoding: br\r\n\r\nx`, ['source_refused']),
  'body-without-end': repeat(`${OK}\r\n`, Buffer.alloc(65_536), BIG),
  'chunks-without-end': repeat(`${OK}transfer-encoding: chunked\r\n\r\n`, `10000\r\n${'x'.repeat(65_536)}\r\n`, BIG),
  'chunks-of-one-byte': repeat(`${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n'.repeat(10_000), BROKEN),
  'chunk-extension-without-end': repeat(`${OK}transfer-encoding: chunked\r\n\r\n5;`, 'x'.repeat(65_536), [
    ...BROKEN,
    ...SLOW,
  ]),
  'trailers-without-end': repeat(
    `${OK}transfer-encoding: chunked\r\n\r\n5\r\n${BODY}\r\n0\r\n`,
    'x: y\r\n'.repeat(5000),
    [...BROKEN, ...SLOW],
  ),
  'header-without-end': repeat(`${OK}x: `, 'y'.repeat(65_536), BROKEN),
  'headers-without-end': repeat(OK, 'x: y\r\n'.repeat(10_000), BROKEN),
  'reason-without-end': repeat('HTTP/1.1 200 ', 'O'.repeat(65_536), [...BROKEN, ...SLOW]),
  'hints-without-end': repeat('', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(1000), [...BROKEN, ...SLOW]),
  'cookies-without-end': repeat(OK, 'set-cookie: a=b\r\n'.repeat(5000), BROKEN),

  // Invalid redirects. Redirects to hostile hosts are generated.
  'redirect-loop': { ...redirect('/redirect-loop'), codes: BROKEN },
  'redirect-ping': { ...redirect('/redirect-pong'), codes: BROKEN },
  'redirect-pong': { ...redirect('/redirect-ping'), codes: BROKEN },
  'redirect-nowhere': say('HTTP/1.1 302 X\r\n\r\n', BROKEN),
  'redirect-empty': { ...redirect(''), codes: BROKEN },
  'redirect-twice': say('HTTP/1.1 302 X\r\nlocation: /a\r\nlocation: http://127.0.0.1/\r\n\r\n', [
    ...BROKEN,
    'source_not_found',
  ]),
  'redirect-nonsense': { ...redirect('http://['), codes: BROKEN },
  'redirect-long': { ...redirect(`/${'x'.repeat(12_000)}`), codes: ['source_refused'] },
};

/** Serves one connection. The path selects a source of the list above, a redirect, or a 404. */
export function serveSource(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('data', (data) => {
    const request = data.toString('latin1');
    const path = decodeURIComponent(/^GET \/(\S*) HTTP/.exec(request)?.[1] ?? '');
    const [, status, location] = /^to\/(\d{3})\/(.*)$/s.exec(path) ?? [];
    const hops = /^hops\/(\d+)$/.exec(path)?.[1];
    if (path === '') socket.end(`${OK}content-length: 5\r\n\r\n${BODY}`);
    else if (location !== undefined)
      redirect(location.replace(/[\r\n\0]/g, ''), Number(status)).behave(socket, request);
    else if (hops) redirect(hops === '1' ? '/' : `/hops/${Number(hops) - 1}`).behave(socket, request);
    else if (HOSTILE_SOURCES[path]) HOSTILE_SOURCES[path].behave(socket, request);
    else socket.end('HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n');
  });
}
