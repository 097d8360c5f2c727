/** What the supervisor needs of a logger; a pino logger fits. */
export interface SupervisorLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The unprivileged account that a service started as root hands its children to. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** How a child process ended: exactly one of the two is set. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What a role reports to its supervisor once it serves: names of listeners with their TCP ports. */
export interface ReadyMessage {
  type: 'ready';
  ports: Record<string, number>;
}
