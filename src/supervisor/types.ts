/** The logger methods that the supervisor needs; a pino logger has them. */
export interface SupervisorLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The unprivileged account under which a service started as root runs its children. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** How a process exited: by code or signal; both are null when that is unknown. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The message with which a role reports to its supervisor that it is ready: names of its listeners with their TCP ports. */
export interface ReadyMessage {
  type: 'ready';
  ports: Record<string, number>;
}
