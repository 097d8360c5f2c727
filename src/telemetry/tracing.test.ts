import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../config/root.ts';
import { formatTraceparent, parseTraceparent } from './tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it('is read and written as W3C describes, with the recording flag only', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, traceFlags: 1 })).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  it.each([
    undefined,
    ['a', 'b'],
    '',
    `01-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01-x`,
  ])('a traceparent that is malformed is ignored: %j', (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });
});

it('the SDK of OpenTelemetry is imported dynamically by one file, which is imported dynamically if tracing is enabled', () => {
  const root = join(projectRoot(), 'src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const lines = files.flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .filter((line) => /'@opentelemetry\/|open-tracing\.ts'/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(lines.filter((line) => !/[ (]import\('/.test(line))).toEqual([]);
  expect([...new Set(lines.map((line) => line.split(':')[0]))].sort()).toEqual([
    'cli/compose.ts',
    'telemetry/open-tracing.ts',
  ]);
});
