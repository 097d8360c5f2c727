import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = (...args: string[]) => run('ip', args);

/** Direction of the packets that a link loses without an error, as seen from the namespace. */
export type Loss = 'outgoing' | 'incoming' | 'all';

/** A network link between a namespace and this machine. */
export interface NetworkLink {
  /** Addresses of this machine (`near`) and of the namespace (`far`) on the link. */
  near: string;
  far: string;
  lose(what: Loss): Promise<void>;
  restore(): Promise<void>;
}

/** A network namespace that reaches other networks only through its links. */
export interface NetworkNamespace {
  /** Program and arguments that start a command in the namespace. */
  enter: string[];
  links: NetworkLink[];
  remove(): Promise<void>;
}

const [NEAR_MAC, FAR_MAC, NOBODY] = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];
let made = 0;

/** Returns why this machine cannot create network namespaces; null if it can. */
export async function whyNoNetwork(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `airlock-try-${process.pid}`;
  try {
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two');
    return null;
  } catch (error) {
    return `ip netns: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    await ip('netns', 'delete', name).catch(() => {});
  }
}

export async function openNamespace(links: number): Promise<NetworkNamespace> {
  const number = made++;
  const name = `airlock-${process.pid}-${number}`;
  await ip('netns', 'add', name);
  try {
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    const opened: NetworkLink[] = [];
    for (let index = 0; index < links; index += 1) {
      opened.push(await openLink(name, { near: `a${process.pid}-${number}${index}`, far: `way${index}` }));
    }
    return {
      enter: ['nsenter', `--net=/run/netns/${name}`],
      links: opened,
      // The links disappear together with the namespace.
      remove: async () => void (await ip('netns', 'delete', name)),
    };
  } catch (error) {
    await ip('netns', 'delete', name);
    throw error;
  }
}

/**
 * Opens a link. `lose()` loses packets by setting a wrong hardware address for the other side: packets are sent, but no machine receives
 * them, and the sender gets no error. Unlike a packet filter or `tc netem`, this method needs no kernel module and can affect a single
 * direction.
 */
async function openLink(namespace: string, devices: { near: string; far: string }): Promise<NetworkLink> {
  const addresses = await freeAddresses();
  const peer = ['type', 'veth', 'peer', 'name', devices.far, 'address', FAR_MAC, 'netns', namespace];
  await ip('link', 'add', devices.near, 'address', NEAR_MAC, ...peer);
  for (const [inside, device, address] of [
    [[], devices.near, addresses.near],
    [['-n', namespace], devices.far, addresses.far],
  ] as const) {
    await ip(...inside, 'address', 'add', `${address}/30`, 'dev', device);
    await ip(...inside, 'link', 'set', device, 'up');
  }
  const reach = (inside: string[], address: string, mac: string, device: string) =>
    ip(...inside, 'neighbor', 'replace', address, 'lladdr', mac, 'nud', 'permanent', 'dev', device);
  const outgoing = (mac: string) => reach(['-n', namespace], addresses.near, mac, devices.far);
  const incoming = (mac: string) => reach([], addresses.far, mac, devices.near);
  const restore = async () => {
    await Promise.all([outgoing(NEAR_MAC), incoming(FAR_MAC)]);
  };
  await restore();
  return {
    ...addresses,
    restore,
    async lose(what) {
      if (what !== 'incoming') await outgoing(NOBODY);
      if (what !== 'outgoing') await incoming(NOBODY);
    },
  };
}

/** Returns two addresses that no other link of this machine has. */
async function freeAddresses(): Promise<{ near: string; far: string }> {
  const used = (await ip('-o', '-4', 'address')).stdout;
  for (let block = 1; block < 255; block += 1) {
    const addresses = { near: `198.18.${block}.1`, far: `198.18.${block}.2` };
    if (!used.includes(`${addresses.near}/`)) return addresses;
  }
  throw new Error('no addresses are left in 198.18.0.0/16');
}
