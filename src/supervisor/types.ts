/** The logger methods that the supervisor needs. A pino logger has these methods. */
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

/** How a process exited: by code or by signal. Both are null if this is unknown. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The message with which a role reports to its supervisor that it is ready. `ports` maps the names of its listeners to TCP ports. */
export interface ReadyMessage {
  type: 'ready';
  ports: Record<string, number>;
}
