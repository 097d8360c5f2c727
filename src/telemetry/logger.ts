import { type DestinationStream, type Logger, destination as openDestination, pino, stdTimeFunctions } from 'pino';
import { prettyLine } from './pretty.ts';
import { scrubLine } from './scrub-value.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  level: string;
  /** The process that logs: `api`, `worker`, `gateway`, `up` … */
  role: string;
  /** Destination of the lines; standard output if absent. */
  destination?: DestinationStream;
  /** Whether to write lines for people instead of JSON. Default: true if standard output is a terminal and `destination` is absent. */
  pretty?: boolean;
}

/** Fields that are replaced before serialization. This is a second defense, in addition to the scrubbing of every line. */
const REDACTED = [
  ...['authorization', 'cookie', 'password', 'apiKey', 'secret'],
  ...['*.authorization', '*.cookie', '*.password', '*.apiKey', '*.secret'],
  ...['req.headers.authorization', 'req.headers.cookie', 'err.config.headers', 'err.headers'],
];

/**
 * Creates the logger of a process, which writes JSON lines with ISO time, level name, role and pid. Every line is scrubbed after
 * serialization (`scrubLine`), which covers messages, stacks, causes, child bindings and fields of any depth, also in logs of libraries and
 * of children (`logger.child`).
 */
export function createLogger(options: LoggerOptions): Logger {
  const terminal = options.destination === undefined && process.stdout.isTTY === true;
  const pretty = options.pretty ?? terminal;
  const colours = terminal && !process.env.NO_COLOR;
  const stream = options.destination ?? openDestination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: { role: options.role, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[removed]' },
      serializers: {
        req: (request) => ({ id: request.id, method: request.method, path: pathOf(request.url) }),
        res: (response) => ({ status: response.statusCode }),
      },
      hooks: {
        streamWrite: (line) => {
          const scrubbed = scrubLine(line);
          return pretty ? prettyLine(scrubbed, colours) : scrubbed;
        },
      },
    },
    stream,
  );
}

function pathOf(url: unknown): string | undefined {
  return typeof url === 'string' ? url.split('?', 1)[0] : undefined;
}
