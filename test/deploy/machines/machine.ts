import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { httpServer, listen } from '../../../testkit/servers.ts';
import { until } from '../../../testkit/until.ts';
import { type NetworkNamespace, openNamespace } from '../../helpers/network.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SHIMS = join(import.meta.dirname, 'shims');

/** A machine of a deployment, with its own network, processes, host name, `/etc`, `/var/lib`, `/opt`, `/root` and `/run`. */
export interface Machine {
  name: string;
  /** Address of the machine. `near` is the address of this computer as the machine sees it. */
  address: string;
  near: string;
  /** Runs commands in bash as root, in `/root`. Returns their standard output. If a command fails, throws with the end of all output. */
  run(commands: string, options?: { input?: string; env?: Record<string, string> }): Promise<string>;
  write(path: string, content: string, mode?: string): Promise<void>;
  /** Kills every process of the machine. */
  remove(): Promise<void>;
}

/** A server that handles the `ssh` command of the machines: it runs a command on the machine with the given address. */
export interface Switchboard {
  port: number;
  machines: Map<string, Machine>;
  close(): Promise<void>;
}

export async function openSwitchboard(): Promise<Switchboard> {
  const machines = new Map<string, Machine>();
  const run = async (request: IncomingMessage) => {
    const { host, command } = JSON.parse(String(request.headers['x-ssh']));
    const machine = machines.get(host);
    if (!machine) throw new Error(`no machine has the address ${host}`);
    return machine.run(command, { input: await text(request) });
  };
  const server = httpServer((request, response) =>
    run(request).then(
      (output) => response.end(output),
      (error) => response.writeHead(500).end(String(error)),
    ),
  );
  const { port, close } = await listen(server, { host: '::' });
  return { port, machines, close };
}

/**
 * Starts a machine.
 * @param hosts lines of `/etc/hosts`
 * @param env variables of every command
 * @param unpacked folders of programs that are not installed, below the repository
 */
export async function openMachine(
  name: string,
  options: {
    hosts: (near: string) => string;
    ssh: Switchboard;
    env: Record<string, string>;
    unpacked: readonly string[];
  },
): Promise<Machine> {
  const { hosts, ssh, env, unpacked } = options;
  // The machine has the repository at `/opt/airlock`.
  const programs = unpacked.map((folder) => join('/opt/airlock', relative(ROOT, folder)));
  const network = await openNamespace(1);
  const { near, far } = network.links[0]!;
  try {
    const holder = await holdNamespaces(name, network);
    const enter = ['nsenter', `--target=${holder.inside}`, '--mount', '--net', '--pid', '--uts'];
    const base = {
      PATH: [
        '/run/shims',
        ...programs.flatMap((folder) => [`${folder}/usr/sbin`, `${folder}/usr/bin`]),
        SYSTEM_PATH,
      ].join(':'),
      HOME: '/root',
      SSH_URL: `http://${near}:${ssh.port}`,
      UNPACKED: programs.join(' '),
      ...env,
    };
    const run: Machine['run'] = (commands, options = {}) =>
      runBash(enter, commands, { ...options, env: { ...base, ...options.env } });
    const machine: Machine = {
      ...{ name, near, run, address: far },
      async write(path, content, mode = '600') {
        await run(`umask 077; mkdir -p -m 755 '${dirname(path)}'; cat >'${path}'; chmod ${mode} '${path}'`, {
          input: content,
        });
      },
      async remove() {
        holder.child.kill('SIGKILL');
        if (holder.child.exitCode === null && holder.child.signalCode === null) await once(holder.child, 'exit');
        await network.remove();
      },
    };
    await run(`cat >>/etc/hosts; ip route add default via ${near}`, { input: hosts(near) });
    return machine;
  } catch (error) {
    await network.remove();
    throw error;
  }
}

/** Starts a process that holds the namespaces of a machine until it is killed. Commands enter the namespaces of the process `inside`. */
async function holdNamespaces(
  name: string,
  network: NetworkNamespace,
): Promise<{ child: ChildProcess; inside: number }> {
  const [program, ...args] = network.enter;
  const unshare = [
    'unshare',
    '--mount',
    '--pid',
    '--uts',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation=private',
  ];
  const child = spawn(program!, [...args, ...unshare, 'bash', '-eu', join(import.meta.dirname, 'machine.sh')], {
    env: { PATH: process.env.PATH, NAME: name, REPOSITORY: ROOT, SHIMS },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => lines.push(String(chunk)));
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`machine ${name}: ${lines.join('')}`);
      return lines.join('').includes('ready\n');
    },
    { what: `machine ${name}` },
  );
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  return { child, inside: Number(children.split(' ')[0]) };
}

async function runBash(
  enter: string[],
  commands: string,
  options: { input?: string; env: Record<string, string> },
): Promise<string> {
  const [program, ...args] = enter;
  const child = spawn(program!, [...args, 'bash', '-euo', 'pipefail', '-c', `cd /root\n${commands}`], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [out, all]: [string[], string[]] = [[], []];
  child.stdout!.on('data', (chunk) => {
    out.push(String(chunk));
    all.push(String(chunk));
  });
  child.stderr!.on('data', (chunk) => all.push(String(chunk)));
  child.stdin!.on('error', () => {});
  child.stdin!.end(options.input ?? '');
  // Waits for `exit` instead of `close`, because units that a command starts keep its pipes open.
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`exit code ${code} of:\n${commands}\n${all.join('').slice(-4000)}`);
  return out.join('');
}
