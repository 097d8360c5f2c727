import { makeClip, upload } from '../../media.ts';
import { call, type TestService } from '../../service.ts';
import { startSource } from '../../source-server.ts';
import { until } from '../../until.ts';

/** An attacker with an account whose webhooks never get a response, and another account that creates jobs. */
export interface World {
  attackerKey: string;
  bystanderKey: string;
  /** Creates a job as the bystander. Resolves with the milliseconds until its webhook has arrived, and throws if the job fails. */
  bystanderJob(): Promise<number>;
  close(): Promise<void>;
}

/** Maximum number of webhooks of an account. */
const WEBHOOKS = 20;
const ARRIVAL_MS = 60_000;
/** Maximum number of requests per minute of the bystander, who sends more requests than a usual client. */
const BYSTANDER_PER_MINUTE = 100_000;

/** Prepares the accounts. `service` must be able to fetch from and deliver to loopback. */
export async function openWorld(service: TestService, clip: string): Promise<World> {
  const hanging = await startSource(() => {});
  const { key: attackerKey } = await service.makeKey('--account', 'attacker');
  const { key: bystanderKey } = await service.makeKey('--account', 'bystander');
  await service.cli('accounts', 'set', 'bystander', '--requests-per-minute', String(BYSTANDER_PER_MINUTE));
  for (let index = 0; index < WEBHOOKS; index += 1) {
    const url = `${hanging.url}/${index}`;
    await call(`${service.api}/v1/webhooks`, 'POST', attackerKey, { url });
  }
  const arrived = new Set<string>();
  const receiver = await startSource((request, response) => {
    request.resume().once('end', () => {
      arrived.add(request.url!);
      response.end();
    });
  });
  const as = { ...service, call: callAs(service, bystanderKey) };
  const { fileUrl } = await upload(as, await makeClip(clip, { size: '64x36', rate: 10 }));
  let jobs = 0;
  return {
    attackerKey,
    bystanderKey,
    async bystanderJob() {
      const began = performance.now();
      const path = `/${++jobs}`;
      const body = {
        inputs: [{ url: fileUrl }],
        outputFormat: 'mp4',
        webhook_url: `${receiver.url}${path}`,
      };
      const created = await as.call('POST', '/v1/transcodes?wait=60', body);
      if (created.status !== 201 || created.json.status !== 'completed') {
        throw new Error(`the bystander's job: ${created.status} ${created.text.slice(0, 300)}`);
      }
      await until(() => arrived.has(path), { what: "the bystander's webhook", timeoutMs: ARRIVAL_MS });
      return performance.now() - began;
    },
    async close() {
      await hanging.close();
      await receiver.close();
    },
  };
}

function callAs(service: TestService, key: string): TestService['call'] {
  return (method, path, body, headers) => call(`${service.api}${path}`, method, key, body, headers);
}
