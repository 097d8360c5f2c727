import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDatabase } from '../helpers/database.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { parseYaml } from './yaml.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
/** Path of the program of Debian's package `kustomize`. */
const KUSTOMIZE = process.env.KUSTOMIZE ?? '/usr/bin/kustomize';
if (!existsSync(KUSTOMIZE))
  console.info('kustomize is not installed: the overlay is not built (apt-get install kustomize)');
const read = (path: string) => readFileSync(join(DEPLOY, path), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: manifests are looked at field by field
const documents = (path: string): any[] => parseYaml(read(path));

const note = skipNote(!existsSync(KUSTOMIZE) && 'kustomize is not installed');

describe('the reader of manifests', () => {
  it('reads every form that the manifests contain', () => {
    const text = [
      '# comment',
      'a: 1',
      'b:',
      '  - name: "x: y" # tail',
      '    list: [true, "q", plain]',
      '  - { k: v, n: 2 }',
      'c: {}',
      'd:',
      '- one',
      '---',
      'e: 0.0.0.0/0',
    ].join('\n');
    expect(parseYaml(text)).toEqual([
      {
        a: 1,
        b: [
          { name: 'x: y', list: [true, 'q', 'plain'] },
          { k: 'v', n: 2 },
        ],
        c: {},
        d: ['one'],
      },
      { e: '0.0.0.0/0' },
    ]);
  });

  it.each(['a: 1\na: 2', 'a: &x 1', 'a: |\n  text', 'a:\n    b: 1\n  c: 2', 'just text', 'a: [1, 2'])(
    'rejects an unknown form: %j',
    (text) => {
      expect(() => parseYaml(text)).toThrow();
    },
  );
});

describe('the Compose file', () => {
  const [compose] = documents('docker/compose.yaml');

  it.each(['gateway', 'api', 'worker'])('drops every privilege that can be dropped: %s', (name) => {
    const service = compose.services[name];
    expect(service).toMatchObject({ read_only: true, user: '10001:10001', cap_drop: ['ALL'] });
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    for (const key of ['privileged', 'cap_add', 'network_mode', 'pid', 'ipc', 'devices']) {
      expect(service).not.toHaveProperty(key);
    }
    for (const mount of service.tmpfs) expect(mount).toMatch(/^\/tmp:noexec,nosuid,nodev,size=/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const volume of service.volumes) expect(volume).not.toMatch(/docker\.sock|^\/(?!tls)/);
  });

  it("replaces Docker's security profiles only for the worker", () => {
    const opened = Object.entries<{ security_opt: string[] }>(compose.services)
      .filter(([, { security_opt }]) => security_opt.some((option) => /^(seccomp|apparmor|systempaths)/.test(option)))
      .map(([name]) => name);
    expect(opened).toEqual(['worker']);
    const { security_opt } = compose.services.worker;
    expect(security_opt).toContain('seccomp=seccomp-worker.json');
    // bubblewrap writes max_user_namespaces of its own namespace, which Docker mounts read-only.
    expect(security_opt).toContain('systempaths=unconfined');
  });

  it('connects the API and the worker to the gateway only through its socket', () => {
    const { gateway, api, worker } = compose.services;
    expect(gateway.environment).toEqual({ AIRLOCK_STORAGE_SOCKET: '/run/airlock-storage/storage.sock' });
    for (const { volumes } of [gateway, api, worker]) {
      expect(volumes).toContain('./data/storage-socket:/run/airlock-storage');
    }
    expect(read('docker/prepare.sh')).toContain('endpoint=unix:/run/airlock-storage/storage.sock');
    expect(worker.networks.filter((name: string) => gateway.networks.includes(name))).toEqual([]);
  });

  it('connects only the API and the worker to the database, through an internal network', () => {
    const users = Object.entries<{ networks: string[] }>(compose.services).filter(([, { networks }]) =>
      networks.includes('database'),
    );
    expect(users.map(([name]) => name)).toEqual(['database', 'api', 'worker']);
    expect(compose.networks.database).toEqual({ internal: true });
    expect(compose.services.worker.networks).not.toContain('front');
    expect(compose.services.worker).not.toHaveProperty('ports');
  });
});

describe('the complete Compose file', () => {
  const [compose] = documents('docker/compose.yaml');
  // biome-ignore lint/suspicious/noExplicitAny: looked at field by field
  const services = Object.entries<any>(compose.services);

  it('pins a version of every image that is not built from this repository', () => {
    const foreign = services.filter(([, service]) => !('build' in service)).map(([, { image }]) => image);
    expect(foreign).toEqual([expect.stringMatching(/^postgres:\d+$/)]);
  });

  it('declares every network and volume that a service uses, and no others', () => {
    const networks = new Set(services.flatMap(([, service]) => service.networks));
    expect([...networks].sort()).toEqual(Object.keys(compose.networks).sort());
    const volumes = services.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0]);
    const named = new Set(volumes.filter((volume) => !volume.startsWith('.')));
    expect([...named]).toEqual(Object.keys(compose.volumes));
  });

  it('checks the health of the API and of each service that others wait for', () => {
    const awaited = services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}));
    for (const name of new Set([...awaited, 'api'])) {
      expect(compose.services[name].healthcheck.test[0]).toBe('CMD');
    }
  });

  it('mounts only folders that prepare.sh creates for the files of services', () => {
    const script = read('docker/prepare.sh');
    for (const [, { volumes = [], env_file = [] }] of services) {
      const paths = [...volumes.map((volume: string) => volume.split(':')[0]), ...[env_file].flat()];
      for (const path of paths.filter((one) => /^(\.\/)?data\//.test(one))) {
        expect(script).toContain(path.replace('./', '').replace(/\/cert\.pem$/, ''));
      }
    }
  });
});

describe('the Dockerfile', () => {
  const lines = read('docker/Dockerfile').split('\n');
  const stages = read('docker/Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  it('sets an ordinary user in each image, and installs FFmpeg only in the image of the worker', () => {
    for (const name of ['service', 'worker']) {
      const stage = stages.find((text) => text.split('\n')[0]!.endsWith(`AS ${name}`))!;
      expect([...stage.matchAll(/^USER (.*)$/gm)].at(-1)![1]).toBe('10001:10001');
      expect(/\b(ffmpeg|bubblewrap)\b/.test(stage)).toBe(name === 'worker');
    }
  });

  it('builds every image on the same base, which is an argument', () => {
    const images = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(images.filter((name) => name !== 'base' && name !== 'service')).toEqual([`$${'{BASE}'}`, `$${'{BASE}'}`]);
    expect(lines).toContain('ARG BASE=debian:trixie-slim');
  });

  it('runs no script of a package and downloads nothing from a URL', () => {
    for (const line of lines.filter((text) => /npm (ci|prune|install)/.test(text))) {
      expect(line).toMatch(/--ignore-scripts/);
    }
    expect(lines.filter((line) => /^ADD |curl |wget /.test(line))).toEqual([]);
  });
});

describe('the Kubernetes manifests', () => {
  const base = 'kubernetes/base';
  const [kustomization] = documents(`${base}/kustomization.yaml`);
  const all = (kustomization.resources as string[]).flatMap((name) => documents(`${base}/${name}`));
  const workloads = all.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');

  it('meet the restricted Pod Security Standard', () => {
    const namespace = all.find(({ kind }) => kind === 'Namespace');
    expect(namespace.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    expect(workloads.map(({ metadata }) => metadata.name)).toEqual([
      'airlock-migrate',
      'airlock-api',
      'airlock-worker',
    ]);
  });

  it.each(workloads.map((workload) => [workload.metadata.name, workload.spec.template.spec]))(
    'drop every privilege that can be dropped: %s',
    (_name, pod) => {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 10001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(key);
      expect(pod.volumes.every((volume: object) => 'emptyDir' in volume || 'secret' in volume)).toBe(true);
      for (const container of [...pod.initContainers, ...pod.containers]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
      for (const { resources } of pod.containers) expect(resources.limits.memory).toBeTruthy();
    },
  );

  it('mount for each workload its own secret, and no others', () => {
    const secrets = workloads.map(({ spec }) => [
      ...new Set(JSON.stringify(spec).match(/(?<="(?:secretName|name)":")airlock-(?:api|worker|owner)(?=")/g)),
    ]);
    expect(secrets).toEqual([['airlock-owner'], ['airlock-api'], ['airlock-worker']]);
  });

  it('include every file of the base', () => {
    const files = readdirSync(join(DEPLOY, base)).filter((name) => name !== 'kustomization.yaml');
    expect(files.sort()).toEqual([...kustomization.resources].sort());
  });

  it('patch in the example only what the base contains', () => {
    const overlay = 'kubernetes/overlays/example';
    const [{ patches, images }] = documents(`${overlay}/kustomization.yaml`);
    for (const { path } of patches) {
      const [patch] = documents(`${overlay}/${path}`);
      const patched = workloads.find(({ metadata }) => metadata.name === patch.metadata.name)!;
      expect(patch.metadata.namespace).toBe(patched.metadata.namespace);
      for (const { name, env = [] } of patch.spec.template.spec.containers) {
        const container = patched.spec.template.spec.containers.find((one: { name: string }) => one.name === name);
        const known = container.env.map((one: { name: string }) => one.name);
        expect(env.filter((one: { name: string }) => !known.includes(one.name))).toEqual([]);
      }
    }
    const used = new Set(all.flatMap((one) => JSON.stringify(one).match(/(?<="image":")[^:"]+/g) ?? []));
    expect(images.map(({ name }: { name: string }) => name).sort()).toEqual([...used].sort());
  });

  it('scale workers by the age of the oldest job that is due', async () => {
    const [scaled] = documents('kubernetes/overlays/example/autoscaling.yaml');
    const database = await makeDatabase();
    try {
      const age = async () =>
        Number(Object.values((await database.pg.query(scaled.spec.triggers[0].metadata.query)).rows[0])[0]);
      expect(await age()).toBe(0);
      await database.pg.query(`
        INSERT INTO accounts (id, name) SELECT gen_random_uuid(), name FROM unnest(ARRAY['one', 'two', 'three']) AS name;
        INSERT INTO account_schedule (account_id, next_light, next_heavy)
          SELECT id, now() - CASE name WHEN 'one' THEN interval '90 s' ELSE interval '-1 h' END,
            CASE name WHEN 'two' THEN now() - interval '30 s' END FROM accounts WHERE name IN ('one', 'two', 'three')`);
      expect(Math.round((await age()) / 10)).toBe(9);
    } finally {
      await database.drop();
    }
  });

  it.skipIf(!existsSync(KUSTOMIZE))(`equal the manifests that kustomize builds${note}`, () => {
    const built = execFileSync(KUSTOMIZE, ['build', join(DEPLOY, 'kubernetes/overlays/example')], { encoding: 'utf8' });
    expect(built).toContain('image: registry.example.org/airlock/worker:0.1.0');
    const worker = built
      .split('\n---\n')
      .find((text) => /kind: Deployment/.test(text) && /name: airlock-worker\n/.test(text));
    // The autoscaler sets the number of replicas.
    expect(worker).not.toContain('replicas:');
    expect(built).toContain('kind: ScaledObject');
  });

  it('keep an API and all workers but one available when nodes are drained, and spread the pods of both over nodes', () => {
    const budgets = all.filter(({ kind }) => kind === 'PodDisruptionBudget');
    const pods = workloads.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template);
    const labels = pods.map(({ metadata }) => metadata.labels);
    expect(budgets.map(({ spec }) => spec.selector.matchLabels)).toEqual(labels);
    expect(budgets.map(({ spec }) => spec.minAvailable ?? -spec.maxUnavailable)).toEqual([1, -1]);
    expect(pods.map(({ spec }) => spec.topologySpreadConstraints[0].labelSelector.matchLabels)).toEqual(labels);
  });

  it('restart an API or a worker that does not respond, and stop both within their grace period', () => {
    const [api, worker] = workloads.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec);
    const [{ livenessProbe, readinessProbe, env }] = api.containers;
    expect([livenessProbe.httpGet.path, readinessProbe.httpGet.path]).toEqual(['/livez', '/readyz']);
    // An unreachable database must restart no worker, so the probe reads the metrics, which need no database.
    expect(worker.containers[0].livenessProbe.exec.command[2]).toContain('http://127.0.0.1:9464/metrics');
    const delay = Number.parseInt(env.find(({ name }: { name: string }) => name === 'AIRLOCK_DRAIN_DELAY').value, 10);
    // After the delay, src/cli/roles/api.ts waits up to 25 seconds for open requests.
    expect(api.terminationGracePeriodSeconds).toBeGreaterThan(delay + 25);
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThan(20);
  });

  it('configure the ingress of the example to pass what the API accepts, for the host in the URL of the API', () => {
    const [{ metadata, spec }] = documents('kubernetes/overlays/example/ingress.yaml');
    const note = (name: string) => metadata.annotations[`nginx.ingress.kubernetes.io/${name}`];
    expect([note('proxy-body-size'), note('proxy-read-timeout'), note('proxy-buffering')]).toEqual([
      '2m',
      '130',
      'off',
    ]);
    const [patch] = documents('kubernetes/overlays/example/api.yaml');
    const urls = JSON.stringify(patch).match(/https:\/\/[^"]+/g);
    expect(urls).toEqual([`https://${spec.rules[0].host}`]);
    expect(spec.tls[0].hosts).toEqual([spec.rules[0].host]);
  });

  it('prevent clients from calling a worker, and both workloads from calling the metadata services of clouds', () => {
    const policies = all.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(['airlock-worker', 'airlock-api']);
    expect(policies[0].spec.ingress).toEqual([]);
    for (const { spec } of policies) {
      expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
      const blocks = JSON.stringify(spec.egress).match(/"cidr":"0\.0\.0\.0\/0","except":\["169\.254\.0\.0\/16"\]/g);
      expect(blocks).toHaveLength(1);
    }
  });
});
