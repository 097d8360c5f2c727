import { connect, type Socket } from 'node:net';
import { type Listening, listen, tcpServer } from '../servers.ts';
import type { Injector, ProcessControl } from './injector.ts';
import { type Frame, FrameReader, StatementTexts } from './postgres-frames.ts';
import { statementName } from './targets.ts';

/** The messages of a client up to a `Sync` or a simple query. The server responds to each unit with one ReadyForQuery. */
interface Unit {
  bytes: Buffer[];
  /** Text of the statement; null for a unit that executes none. */
  text: string | null;
  /** Called when the server has executed the unit. The client then gets no response to it. */
  withheld: (() => void) | null;
}

export interface ProxyOptions {
  role: string;
  /** Path of the server's Unix socket. */
  socketPath: string;
  injector: Injector;
  process: ProcessControl;
}

/**
 * A proxy between one process and PostgreSQL. It names each statement that passes, and injects the fault that the injector returns. A
 * statement has taken effect when the server is ready for the next one, so a COMMIT has then committed.
 *
 *   client  P B D E S │ P B D E S │ Q        units, which the client may send without waiting
 *   server  1 2 T D C Z │ 1 2 n C Z │ C Z    one Z for each unit, in the same order
 */
export function openPostgresProxy(options: ProxyOptions): Promise<Listening> {
  const server = tcpServer((near) => void new ProxiedConnection(near, options));
  return listen(server);
}

class ProxiedConnection {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #options: ProxyOptions;
  readonly #fromClient = new FrameReader('client');
  readonly #fromServer = new FrameReader('server');
  readonly #texts = new StatementTexts();
  /** Units that wait because of a delay. */
  #queue: Unit[] = [];
  #isDelayed = false;
  #isBroken = false;
  #unit: Unit = newUnit();
  /** Units without a ReadyForQuery so far. The first entry is the login. */
  readonly #sent: Unit[] = [newUnit()];
  #previous: string | null = null;

  constructor(near: Socket, options: ProxyOptions) {
    this.#near = near.setNoDelay(true);
    this.#options = options;
    this.#far = connect(options.socketPath);
    this.#far.on('error', () => {});
    near.on('data', (chunk: Buffer) => this.#onClient(chunk));
    this.#far.on('data', (chunk: Buffer) => this.#onServer(chunk));
    near.once('close', () => this.#break());
    // The client must still get the reason for which the server ends a connection.
    this.#far.once('end', () => near.destroySoon());
    this.#far.once('close', () => near.destroySoon());
  }

  #break(): void {
    this.#isBroken = true;
    this.#near.destroy();
    this.#far.destroy();
  }

  #onClient(chunk: Buffer): void {
    this.#far.cork();
    for (const frame of this.#fromClient.push(chunk)) this.#onClientFrame(frame);
    this.#far.uncork();
  }

  #onClientFrame(frame: Frame): void {
    // The login and its password, and the end of the connection.
    if (['', 'p', 'X'].includes(frame.type)) {
      if (!this.#isBroken) this.#far.write(frame.bytes);
      return;
    }
    const unit = this.#unit;
    unit.bytes.push(frame.bytes);
    unit.text = this.#texts.textOf(frame) ?? unit.text;
    if (frame.type !== 'S' && frame.type !== 'Q') return;
    this.#unit = newUnit();
    this.#queue.push(unit);
    this.#sendQueue();
  }

  #sendQueue(): void {
    while (!this.#isDelayed && !this.#isBroken) {
      const unit = this.#queue.shift();
      if (!unit) return;
      this.#send(unit);
    }
  }

  #send(unit: Unit): void {
    const { process } = this.#options;
    const injected = this.#meet(unit);
    if (!injected) this.#forward(unit);
    else if (injected.fault === 'kill-after') this.#forward({ ...unit, withheld: () => process.kill() });
    else if (injected.fault === 'lose-answer') this.#forward({ ...unit, withheld: () => {} });
    else if (injected.fault === 'delay') this.#forwardLater(unit, injected.ms);
    else if (injected.fault === 'stop') {
      process.stop(injected.ms);
      this.#forward(unit);
    } else {
      if (injected.fault === 'kill-before') process.kill();
      this.#break();
    }
  }

  #meet({ text }: Unit): ReturnType<Injector['meet']> {
    if (text === null) return null;
    const { injector, role } = this.#options;
    const name = statementName(text, this.#previous);
    this.#previous = name;
    return injector.meet({ via: 'database', role, name, text });
  }

  #forward(unit: Unit): void {
    this.#sent.push(unit);
    for (const bytes of unit.bytes) this.#far.write(bytes);
  }

  #forwardLater(unit: Unit, ms: number): void {
    this.#isDelayed = true;
    setTimeout(() => {
      this.#isDelayed = false;
      if (this.#isBroken) return;
      this.#forward(unit);
      this.#sendQueue();
    }, ms);
  }

  #onServer(chunk: Buffer): void {
    this.#near.cork();
    for (const { type, bytes } of this.#fromServer.push(chunk)) {
      const unit = this.#sent[0];
      if (unit?.withheld) {
        if (type !== 'Z') continue;
        unit.withheld();
        this.#break();
        break;
      }
      if (type === 'Z') this.#sent.shift();
      this.#near.write(bytes);
    }
    this.#near.uncork();
  }
}

function newUnit(): Unit {
  return { bytes: [], text: null, withheld: null };
}
