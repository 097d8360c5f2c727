import { describe, expect, it } from 'vitest';
import { CONNECTIONS, LISTENERS } from '../../scripts/docs/network.ts';
import { readSources } from './sources.ts';

/** Matches imports of modules that open connections or listen. `isIP` and `BlockList` only read addresses. */
const MODULES =
  /^import (?!type )(?<names>[^;]*?) from '(?:node:)?(?:net|tls|http|https|http2|dgram|dns|dns\/promises|pg|undici|ws|google-auth-library)';/gm;
const READS_ADDRESSES = new Set(['isIP', 'BlockList']);
/** Matches calls of the global `fetch`, servers that start to listen, and modules that are imported on demand. */
const CALLS =
  /(?<![.\w#])(?:fetch|new WebSocket)\(|\.listen\(\{? ?(?:host|path|port|options\.port|LOCK)\b|import\('(?:undici|ws|@opentelemetry\/exporter[\w-]*)'\)|export \{[^}]*\} from 'google-auth-library'/;

/** Files in which the calls occur only in a text, and not in code that runs. */
const TEXTS = new Set(['api/openapi/code-samples.ts']);

function opensSockets(text: string): boolean {
  const names = [...text.matchAll(MODULES)].flatMap(({ groups }) => groups!.names!.match(/\w+/g)!);
  const values = names.filter((name, at) => names[at - 1] !== 'type' && name !== 'type' && name !== 'as');
  return values.some((name) => !READS_ADDRESSES.has(name)) || CALLS.test(text);
}

describe('the page of ports and outbound connections', () => {
  it('names exactly the files of src that listen or open connections', () => {
    const listed = [...LISTENERS, ...CONNECTIONS].flatMap(({ files }) => files);
    const found = readSources()
      .filter(({ path, text }) => !TEXTS.has(path) && opensSockets(text))
      .map(({ path }) => path);
    expect([...new Set(listed)].sort()).toEqual(found.sort());
  });

  it.each([
    "import { connect } from 'node:net';",
    "import { isIP, type Socket, connect as open } from 'node:net';",
    "import pg from 'pg';",
    'await fetch(url)',
    'server.listen({ host, port })',
  ])('counts `%s`', (text) => {
    expect(opensSockets(text)).toBe(true);
  });

  it.each(["import { isIP } from 'node:net';", "import type { Socket } from 'node:net';", 'cache.fetch(key)'])(
    'omits `%s`',
    (text) => {
      expect(opensSockets(text)).toBe(false);
    },
  );
});
