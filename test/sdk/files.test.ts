import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Airlock } from '../../sdk/src/index.ts';
import { run } from '../../testkit/run.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { completeTree, ladderOf } from '../helpers/trees.ts';

describe('an output of many files in the SDK', () => {
  let api: TestApi;
  let airlock: Airlock;
  let folder: string;
  beforeAll(async () => {
    api = await startApi();
    airlock = new Airlock({ url: await api.listen(), key: api.key });
    folder = await mkdtemp(join(tmpdir(), 'airlock-sdk-files-'));
  });
  afterAll(async () => {
    await api?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('can be listed file by file, and saved as a zip', async () => {
    const files = ladderOf(30);
    const { id } = await completeTree(api, files);
    const result = airlock.resultOf(await airlock.get(id));
    expect(result.job.outputs[0]).toMatchObject({ files: 30 });
    const paths: string[] = [];
    for await (const { path } of result.files()) paths.push(path);
    expect(paths).toEqual([...files.keys()].sort());
    const url = await result.url({ file: 'master.m3u8' });
    expect(await (await fetch(url)).text()).toBe('#EXTM3U');
    const path = join(folder, 'output.zip');
    await result.save(path);
    await run('/usr/bin/python3', ['-m', 'zipfile', '-e', path, join(folder, 'out')]);
    for (const [name, text] of files) expect(await readFile(join(folder, 'out', name), 'utf8')).toBe(text);
    await result.erase();
    await expect(result.url({ file: 'master.m3u8' })).rejects.toMatchObject({ code: 'output_deleted' });
  });
});
