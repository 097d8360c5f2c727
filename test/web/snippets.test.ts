import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { quoted, shellText } from '../../web/src/lib/shell.ts';
import { pythonText, snippet } from '../../web/src/lib/snippets.ts';

const run = promisify(execFile);
const EVIL = `it's $(id) \`id\` "quoted" \\ ✓`;

describe('a snippet of the dashboard', () => {
  it('is read correctly by a shell', async () => {
    expect(quoted('-c:v')).toBe('-c:v');
    const { stdout } = await run('sh', ['-c', shellText(['printf', '%s|', EVIL, ''])]);
    expect(stdout).toBe(`${EVIL}||`);
  });

  it('reads the key from the same environment variable as every other client', () => {
    for (const language of ['curl', 'typescript', 'python'] as const) {
      const text = snippet(language, 'http://localhost', {});
      expect(text.match(/AIRLOCK_\w+/g)).toEqual(['AIRLOCK_API_KEY']);
    }
  });

  it('is read correctly by Python', async () => {
    const value = { text: EVIL, list: [1, true, null, {}, []], nested: { off: false } };
    const program = `import json; print(json.dumps(${pythonText(value)}))`;
    const { stdout } = await run('python3', ['-c', program]);
    expect(JSON.parse(stdout)).toEqual(value);
  });
});
