import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { pipeline } from 'node:stream';
import { httpServer, type Listening, listen } from '../servers.ts';
import type { ProxyOptions } from './postgres-proxy.ts';
import { requestName } from './targets.ts';

const FAILURE =
  '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>A fault was injected.</Message></Error>';

/**
 * A proxy between one process and the gateway, both at Unix sockets. It passes on each request with its headers, so that signatures stay
 * valid, and injects the fault that the injector returns. A request has taken effect when the gateway has responded to it completely.
 */
export function openStorageProxy(path: string, options: ProxyOptions): Promise<Listening> {
  const server = httpServer((request, response) => handle(request, response, options), {
    keepAliveTimeout: 60_000,
    requestTimeout: 0,
  });
  // The gateway decides whether a body is sent.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    handle(request, response, options),
  );
  return listen(server, { path });
}

function handle(request: IncomingMessage, response: ServerResponse, options: ProxyOptions): void {
  const { injector, role, process } = options;
  const injected = injector.meet({ via: 'storage', role, name: requestName(request.method!, request.url!) });
  if (!injected) forward(request, response, options);
  else if (injected.fault === 'kill-after') withhold(request, response, options, () => process.kill());
  else if (injected.fault === 'lose-answer') withhold(request, response, options, () => {});
  else if (injected.fault === 'delay') setTimeout(() => forward(request, response, options), injected.ms);
  else if (injected.fault === 'stop') {
    process.stop(injected.ms);
    forward(request, response, options);
  } else if (injected.fault === 'answer-500') {
    request.resume();
    response.writeHead(500, { 'content-type': 'application/xml', connection: 'close' }).end(FAILURE);
  } else {
    if (injected.fault === 'kill-before') process.kill();
    request.socket.destroy();
  }
}

/** Sends the request on, and returns its response to `onResponse`. */
function upstream(
  request: IncomingMessage,
  response: ServerResponse,
  { socketPath }: ProxyOptions,
  onResponse: (answer: IncomingMessage) => void,
): void {
  const { method, url: path, rawHeaders } = request;
  const passed = send({ socketPath, method, path, headers: rawHeaders, setHost: false, agent: false });
  const sendBody = () => pipeline(request, passed, () => {});
  passed.once('error', () => request.socket.destroy());
  passed.once('response', onResponse);
  response.once('close', () => response.writableFinished || passed.destroy());
  if (request.headers.expect === '100-continue') {
    passed.once('continue', () => {
      response.writeContinue();
      sendBody();
    });
    passed.flushHeaders();
  } else sendBody();
}

function forward(request: IncomingMessage, response: ServerResponse, options: ProxyOptions): void {
  upstream(request, response, options, (answer) => {
    response.writeHead(answer.statusCode!, answer.statusMessage, answer.rawHeaders);
    response.flushHeaders();
    pipeline(answer, response, () => {});
  });
}

function withhold(request: IncomingMessage, response: ServerResponse, options: ProxyOptions, onDone: () => void): void {
  upstream(request, response, options, (answer) => {
    answer.resume().once('close', () => {
      onDone();
      request.socket.destroy();
    });
  });
}
