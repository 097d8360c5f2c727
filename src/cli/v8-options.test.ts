import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../testkit/run.ts';
import { v8Options } from './v8-options.ts';

const MIB = 1024 * 1024;
/**
 * A program that creates two million objects and keeps only the last 200,000, about 10 MB. Like waiting requests, each object outlives the
 * collections of young objects. The program prints the maximum size of the heap.
 */
const PROGRAM = `
  const waiting = new Array(200_000).fill(null);
  let most = 0;
  for (let index = 0; index < 4_000_000; index++) {
    waiting[index % waiting.length] = { index, text: [index] };
    if (index % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapTotal);
  }
  console.log(most);
`;

it('the heap of the API stays near the size of its contents when garbage outlives the collections of young objects', async () => {
  const { stdout } = await run(process.execPath, [...v8Options('api'), '-e', PROGRAM]);
  expect(Number(stdout) / MIB).toBeLessThan(110);
});

it('the systemd unit of each role starts Node with the options of that role', async () => {
  for (const role of ['api', 'worker', 'gateway']) {
    const unit = await readFile(join(import.meta.dirname, `../../deploy/systemd/airlock-${role}.service`), 'utf8');
    expect(unit).toContain(`/node ${v8Options(role).join(' ')} /opt/airlock/dist/airlock.js ${role}\n`);
  }
});

it('the image of the API and the image of the worker start Node with the options of that role', async () => {
  const dockerfile = await readFile(join(import.meta.dirname, '../../deploy/docker/Dockerfile'), 'utf8');
  for (const role of ['api', 'worker']) {
    const words = ['/usr/bin/node', ...v8Options(role), '/opt/airlock/dist/airlock.js'];
    const entry = `["${words.join('", "')}"]`;
    expect(dockerfile).toContain(`ENTRYPOINT ${entry}\nCMD ["${role}"]`);
  }
});
