import type { RequestListener } from 'node:http';

/** Answers without end or sense; all but `slow` are over within a moment. */
export const SOURCES: Readonly<Record<string, RequestListener>> = {
  'announces 3 GB': (_request, response) => void response.writeHead(200, { 'content-length': 3e9 }).write('x'),
  'leads round in circles': (request, response) => void response.writeHead(302, { location: request.url! }).end(),
  'leads to the metadata service': (_request, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
  'packs the file': (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  'is empty': (_request, response) => void response.writeHead(200).end(),
  'is not there': (_request, response) => void response.writeHead(404).end('x'.repeat(1e6)),
  'sends chunks of one byte': (_request, response) => {
    response.writeHead(200);
    // Six bytes on the wire for each of the file; written by hand, since `write` would gather them.
    const chunks = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    const timer = setInterval(() => response.socket?.write(chunks), 5);
    response.once('close', () => clearInterval(timer));
    response.flushHeaders();
  },
};

/** Sends a byte now and then: ended by the least rate, and asked again. It is not there any more after `tries`. */
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

/** As fast as it can, for ever: ended by the size limit. */
export const endless: RequestListener = (_request, response) => {
  const block = Buffer.alloc(2 ** 20, 0x47);
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', more);
  more();
};
