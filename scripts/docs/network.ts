import { SETTINGS } from '../../src/config/settings.ts';
import { code, heading, table } from './markdown.ts';

/** A port or socket on which a process of Airlock accepts connections. */
interface Listener {
  what: string;
  /** The process that listens, and its address. */
  process: string;
  address: string;
  clients: string;
  /** The files of `src` with code that listens. */
  files: readonly string[];
}

/** A connection that a process of Airlock opens. */
interface Connection {
  to: string;
  process: string;
  when: string;
  /** The files of `src` that open the connection. Empty if another program opens it. */
  files: readonly string[];
}

const portOf = (name: 'port' | 'storagePort' | 'metricsPort') =>
  `TCP ${SETTINGS[name].default}, ${code(SETTINGS[name].variable)}`;

/** Every listener. test/architecture/network.test.ts compares `files` with the source. */
export const LISTENERS: readonly Listener[] = [
  {
    what: 'API, dashboard and documentation',
    process: 'API',
    address: `${portOf('port')}, on ${code('AIRLOCK_HOST')}. Plain HTTP only on loopback, otherwise HTTPS, or HTTP from a trusted proxy`,
    clients: 'Clients, browsers, proxies, and health checks',
    files: ['cli/roles/api.ts'],
  },
  {
    what: 'Embedded storage',
    process: 'Gateway',
    address: `${portOf('storagePort')}, on ${code('AIRLOCK_HOST')}. Plain HTTP only on loopback, otherwise HTTPS, or HTTP from a trusted proxy`,
    clients: 'Clients with signed URLs, and the API and workers on other machines',
    files: ['gateway/server.ts'],
  },
  {
    what: 'Embedded storage, internal',
    process: 'Gateway',
    address: `The Unix socket ${code('AIRLOCK_STORAGE_SOCKET')}`,
    clients: 'The API and the worker on the same machine',
    files: ['gateway/internal-socket.ts'],
  },
  {
    what: 'Metrics',
    process: 'API. A worker without `./airlock up` serves its own metrics',
    address: `${portOf('metricsPort')}, only on loopback. Plain HTTP`,
    clients: 'Prometheus on the same machine',
    files: ['telemetry/metrics-server.ts'],
  },
  {
    what: 'Embedded PostgreSQL',
    process: 'PostgreSQL',
    address: 'A Unix socket in the data directory. No TCP port',
    clients: "Airlock's processes on the same machine, with a password",
    files: [],
  },
  {
    what: 'Lock of the FFmpeg build',
    process: 'Worker',
    address: 'An abstract Unix socket that closes every connection',
    clients: 'None. The socket exists while a build runs, so that only one build runs on a machine',
    files: ['sandbox/trimmed/build.ts'],
  },
  {
    what: 'Check for free ports',
    process: '`./airlock doctor`',
    address: 'The ports above, for a moment, if nothing listens on them',
    clients: 'None',
    files: ['cli/commands/doctor-service.ts'],
  },
];

export const CONNECTIONS: readonly Connection[] = [
  {
    to: `PostgreSQL: ${code('AIRLOCK_DATABASE_URL')}, or the embedded socket`,
    process: 'API, worker, supervisor, and commands that use the database',
    when: 'Always',
    files: ['database/pool.ts', 'database/notify.ts', 'database/batching-client.ts', 'supervisor/postgres-connect.ts'],
  },
  {
    to: `Storage: ${code('AIRLOCK_STORAGE_URL')} (S3 or Google Cloud Storage), or the embedded storage`,
    process: 'API and worker',
    when: 'Always',
    files: ['storage/http-exchange.ts'],
  },
  {
    to: 'Credentials for S3: the token service `sts.REGION.amazonaws.com` or `AWS_ENDPOINT_URL_STS`, or the metadata service of the container or machine (`169.254.170.2`, `169.254.170.23`, `169.254.169.254`)',
    process: 'API and worker',
    when: 'With S3, if `AWS_ACCESS_KEY_ID` is not set',
    files: ['storage/http-exchange.ts'],
  },
  {
    to: "Credentials for Google Cloud Storage: the metadata service, or the addresses in the credentials' file, and `iamcredentials.googleapis.com` for signatures",
    process: 'API and worker',
    when: 'With Google Cloud Storage, without the key of a service account',
    files: ['storage/gcs/google-auth.ts'],
  },
  {
    to: "The machine's DNS servers",
    process: 'Worker',
    when: 'For each new connection to a host in the next row',
    files: ['fetcher/lookup.ts'],
  },
  {
    to: `Sources, webhooks, destinations and connections: the hosts that accounts name. Only public addresses and ${code('AIRLOCK_FETCH_ALLOW')}`,
    process: 'Worker',
    when: 'For jobs, probes, deliveries, and checks of connections',
    files: ['fetcher/connect.ts', 'fetcher/response.ts'],
  },
  {
    to: `The trace collector: ${code('AIRLOCK_TRACES')}`,
    process: 'API and worker',
    when: 'Only if you set the variable',
    files: ['telemetry/open-tracing.ts'],
  },
  {
    to: "The archives in the machine's apt sources",
    process: 'Worker, through `apt-get`',
    when: `When the worker of ${code('./airlock up')} builds [the trimmed FFmpeg](trimmed-ffmpeg.md). ${code('AIRLOCK_FFMPEG_BUILD=off')} turns this off`,
    files: [],
  },
  {
    to: "The archives in the machine's apt sources, and the npm registry in npm's configuration",
    process: '`./airlock`, through `apt-get` and `npm`',
    when: 'When packages are missing: at the first start, after an upgrade, and before `./airlock test`',
    files: [],
  },
  {
    to: "The npm registry in npm's configuration",
    process: '`./airlock transcribe install`, through `npm`',
    when: 'When you install a speech model, for the sources of whisper.cpp',
    files: [],
  },
  {
    to: `The API: ${code('AIRLOCK_URL')}, or the service on this machine`,
    process: 'Commands that call the API, `./airlock mcp`, and `./airlock doctor`',
    when: 'When you run the command',
    files: ['cli/commands/mcp.ts', 'cli/commands/doctor-service.ts'],
  },
  {
    to: 'The URL in `--keys`',
    process: '`./airlock receipt verify`',
    when: 'If `--keys` is a URL',
    files: ['cli/signed-document.ts'],
  },
];

/** Returns `docs/operate/ports.md`. */
export function portsPage(): string {
  const listeners = LISTENERS.map(({ what, process, address, clients }) => [what, process, address, clients]);
  const connections = CONNECTIONS.map(({ to, process, when }) => [to, process, when]);
  return `${heading('Ports and outbound connections', 'scripts/docs/network.ts')}
This page lists every port and socket on which Airlock listens, and every connection that it opens. Use it to configure firewalls. Airlock sends
no telemetry, and doesn't check for updates of itself.

## Ports and sockets

${table(['What', 'Process', 'Address', 'Clients'], listeners)}

With \`AIRLOCK_STORAGE_URL\` or \`AIRLOCK_DATABASE_URL\`, the embedded storage or the embedded PostgreSQL doesn't run. Cells have no network: FFmpeg
can't listen or connect, not even on loopback.

## Outbound connections

${table(['To', 'Process', 'When'], connections)}

The gateway doesn't connect to other hosts. Each role needs only the connections in its rows, so you can give [each role](roles.md) its own firewall rules.
The Kubernetes manifests contain such rules as [network policies](../deploy/kubernetes.md).
`;
}
