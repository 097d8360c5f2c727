import { createReadStream, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Job } from '../../src/contract/transcodes.ts';
import { openColumn } from '../../src/database/sealed-columns.ts';
import { createVault } from '../../src/ids/vault.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { type Answer, startService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { cpuSeconds, processTree } from './processes.ts';

export interface Bench {
  service: TestService;
  /** Uploads and confirms a file. Returns its gs:// URL. */
  upload(path: string): Promise<string>;
  create(body: unknown): Promise<Job>;
  /** Waits until the job is final; throws unless it completed. */
  completed(id: string): Promise<Job>;
  /** FFmpeg's arguments as the worker ran them, and the CPU seconds of its cell. */
  ranAs(id: string): Promise<{ args: string[]; cpuSeconds: number }>;
  /** CPU seconds of the service's own processes so far. Cells are excluded, because they are not child processes. */
  cpu(): number;
  close(): Promise<void>;
}

/** The whole service as `airlock up` runs it, on a temporary data directory. */
export async function openBench(env: Record<string, string> = {}): Promise<Bench> {
  const service = await startService({ AIRLOCK_LOG_LEVEL: 'warn', ...env });
  // Opened on demand, because its server process counts as memory of the service.
  let database: Awaited<ReturnType<typeof openServiceDatabase>> | null = null;
  const good = (answer: Answer, status: number) => {
    if (answer.status !== status) throw new Error(`the API answered ${answer.status}: ${answer.text.slice(0, 500)}`);
    return answer.json;
  };
  return {
    service,
    async upload(path) {
      const fileSize = statSync(path).size;
      const type = path.endsWith('.webm') ? 'video/webm' : 'video/mp4';
      const file = { filename: `bench${extname(path)}`, contentType: type, fileSize };
      const { result } = good(await service.call('POST', '/v1/upload/presigned-url', file), 200);
      const put = await fetch(result.uploadUrl, {
        method: 'PUT',
        headers: { 'content-type': type, 'content-length': String(fileSize) },
        body: createReadStream(path),
        duplex: 'half',
      });
      if (put.status !== 200)
        throw new Error(`the storage answered ${put.status}: ${(await put.text()).slice(0, 500)}`);
      const confirm = { filename: result.filename, fileSize };
      return good(await service.call('POST', '/v1/upload/confirm', confirm), 200).result.fileUrl;
    },
    async create(body) {
      return good(await service.call('POST', '/v1/transcodes', body), 201);
    },
    async completed(id) {
      for (;;) {
        const job: Job = good(await service.call('GET', `/v1/transcodes/${id}?wait=60`), 200);
        if (job.status === 'completed') return job;
        if (job.status === 'failed' || job.status === 'canceled')
          throw new Error(`job ${job.status}: ${job.error_message}`);
      }
    },
    async ranAs(id) {
      database ??= await openServiceDatabase(service);
      const { rows } = await database.query(
        `SELECT jobs.id, jobs.account_id, jobs.plan_sealed, attempts.cpu_ms FROM jobs
         JOIN attempts ON attempts.id = jobs.current_attempt WHERE jobs.id = $1`,
        [id],
      );
      const { vaultKey } = await loadSecrets(service.dataDir);
      const vault = createVault(Buffer.from(vaultKey, 'base64url'));
      const plan = openColumn(vault, 'jobs', 'plan_sealed', rows[0]);
      return { args: JSON.parse(plan!).args, cpuSeconds: rows[0].cpu_ms / 1000 };
    },
    cpu: () => cpuSeconds(processTree(service.pid)),
    async close() {
      await database?.end();
      await service.remove();
    },
  };
}
