import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { canSend, startLauncher, type WaitingLauncher } from './waiting-launcher.ts';

const started: WaitingLauncher[] = [];
afterEach(async () => {
  for (const launcher of started.splice(0)) await launcher.end();
});

function start(): WaitingLauncher {
  const launcher = startLauncher('/bin/sh', {
    ...{ env: {}, cwd: '/', detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  })!;
  started.push(launcher);
  return launcher;
}

async function outputOf(command: readonly string[]): Promise<string> {
  const launcher = start();
  launcher.send(command);
  return (await buffer(launcher.child.stdout!)).toString();
}

describe('a waiting launcher', () => {
  it('passes every argument on unchanged', async () => {
    const characters = Array.from({ length: 0x1000 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => !/[\0\n]/.test(character),
    );
    const words = [
      ...['', ' ', '  two  spaces ', '\t', '\r', '"', "'", '\\', 'a\\', '\\n', '\\\\', '\x7f', '\x81\x88', '😀'],
      ...['$HOME', '$(id)', '`id`', '*', '/*', '?', '[a-z]', '~', '#', ';', '&', '|', '<', '>', '!'],
      ...['-', '--', '-n', '-c', '=', '==', '=a', 'go', '=go', 'a=b'],
      ...[characters.join(''), characters.map((character) => `${character} `).join('x'), 'long'.repeat(10_000)],
    ];
    expect(await outputOf(['/usr/bin/printf', '%s\\0', ...words])).toBe(words.map((word) => `${word}\0`).join(''));
  });

  it('passes neither its descriptors nor its environment to the command', async () => {
    // The process that starts the tests may have left descriptors open.
    const plain = spawnSync('/bin/ls', ['/proc/self/fd'], { stdio: ['ignore', 'pipe', 'pipe'] });
    expect(await outputOf(['/bin/ls', '/proc/self/fd'])).toBe(plain.stdout.toString());
    const names = (await outputOf(['/usr/bin/env'])).trim().split('\n');
    // Shells set these variables.
    expect(names.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([]);
  });

  it.each([
    ['the command is incomplete', '=/usr/bin/printf\n=started\n'],
    ['the last line is incomplete', '=/usr/bin/printf\n=started\ngo'],
    ['a line is neither a word nor the end', '=/usr/bin/printf\n=started\nodd\ngo\n'],
    ['there is no command', 'go\n'],
    ['it receives nothing', ''],
  ])('executes nothing when %s', async (_, text) => {
    const { child } = start();
    (child.stdio as unknown as Socket[])[3]!.end(text);
    const output = buffer(child.stdout!);
    await once(child, 'exit');
    expect((await output).toString()).toBe('');
  });

  it('cannot receive an argument with a line feed or a NUL', () => {
    expect([['a\nb'], ['a\0b'], ['a\rb', '']].map(canSend)).toEqual([false, false, true]);
  });

  it('no longer waits once it is killed', async () => {
    const launcher = start();
    expect(launcher.isWaiting()).toBe(true);
    process.kill(launcher.mark.pid, 'SIGKILL');
    await once(launcher.child, 'exit');
    expect(launcher.isWaiting()).toBe(false);
    await launcher.end();
  });
});
