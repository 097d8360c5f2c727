import type { RequestListener } from 'node:http';

/** Invalid or endless responses by name. `drip` and `endless` are separate functions. */
export const SOURCES: Readonly<Record<string, RequestListener>> = {
  'announces 3 GB': (_request, response) => void response.writeHead(200, { 'content-length': 3e9 }).write('x'),
  'redirects to itself': (request, response) => void response.writeHead(302, { location: request.url! }).end(),
  'redirects to the metadata service': (_request, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
  'compresses the file': (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  'is empty': (_request, response) => void response.writeHead(200).end(),
  'does not exist': (_request, response) => void response.writeHead(404).end('x'.repeat(1e6)),
  'sends chunks of one byte': (_request, response) => {
    response.writeHead(200);
    // Sends six bytes for each byte of the file. Bypasses `response.write`, which would merge chunks.
    const chunks = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    const timer = setInterval(() => response.socket?.write(chunks), 5);
    response.once('close', () => clearInterval(timer));
    response.flushHeaders();
  },
};

/** Drips bytes until the minimum rate ends the fetch, which is then retried. Returns 404 after `tries` requests. */
export function drip(tries: number): RequestListener {
  let asked = 0;
  return (_request, response) => {
    asked += 1;
    if (asked > tries) return void response.writeHead(404).end();
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 500);
    response.once('close', () => clearInterval(timer));
  };
}

/** Sends bytes endlessly, as fast as possible, until the size limit ends the fetch. */
export const endless: RequestListener = (_request, response) => {
  const block = Buffer.alloc(2 ** 20, 0x47);
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', more);
  more();
};
