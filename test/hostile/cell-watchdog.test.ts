import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runProgram } from '../../src/sandbox/cell/run.ts';
import type { WatchRequest } from '../../src/sandbox/watchdog/watch-cell.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import {
  LIMITS,
  openFixture,
  openRunContext,
  PATIENCE_MS,
  reportOf,
  running,
  SLOW_OUTPUT,
  slowEncode,
  TIMEOUT,
  until,
} from './cell-fixture.ts';
import { cellProgram } from './cell-program.ts';

vi.setConfig(TIMEOUT);

const CHILD = await cellProgram();

describe('a worker whose event loop is blocked', () => {
  it.each([
    ['bwrap', 'limit_wall'],
    ['bwrap', 'limit_output'],
    ['landlock', 'limit_wall'],
  ])('still ends a cell of the tier %s with %s', async (tier, limit) => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-blocked-'));
    chmodSync(folder, 0o711);
    await linkRootImage(folder);
    const child = spawn(process.execPath, [CHILD, 'blocked', folder, tier, limit], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    try {
      const report = reportOf(child);
      let cell: number[] = [];
      // The child sends the process IDs of its cell just before it blocks its event loop.
      child.once('message', (pids) => {
        cell = pids as number[];
      });
      await until(() => cell.length > 0 || child.exitCode !== null, PATIENCE_MS);
      expect(cell).toHaveLength(1);
      await until(() => cell.every((pid) => !running(pid)), PATIENCE_MS);
      writeFileSync(join(folder, 'free'), '');
      expect(await report).toEqual({ end: limit });
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the watchdog thread', () => {
  it('is replaced when it dies, its cells end, and its death is reported', async () => {
    const fixture = await openFixture(1);
    const context = await openRunContext(fixture, 'bwrap');
    const program = {
      program: '/usr/bin/ffmpeg',
      filter: 'media' as const,
      args: slowEncode(60),
      inputs: [],
      outputs: [SLOW_OUTPUT],
      limits: LIMITS,
      slot: 0,
    };
    const { watchdog } = context;
    try {
      const broken = runProgram(context, {
        ...program,
        // This invalid request crashes the thread.
        onStdout: () => void watchdog.watch({ limits: LIMITS } as unknown as WatchRequest, () => {}),
      });
      await expect(broken).rejects.toThrow(/limits of cells has ended/);
      const next = await runProgram(context, { ...program, limits: { ...LIMITS, wallMs: 300 } });
      expect(next.end).toBe('limit_wall');
      await next.release();
    } finally {
      await context.close();
      await fixture.close();
    }
  });
});
