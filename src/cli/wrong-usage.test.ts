import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/helpers/run-command.ts';
import { EXIT } from './exit.ts';
import { createProgram } from './program.ts';

const ENV = { ...process.env, AIRLOCK_URL: '', AIRLOCK_API_KEY: '', AIRLOCK_DATA_DIR: '/nonexistent/airlock' };
const run = (args: readonly string[]) => runCommand(args, ENV, '/');

/** Returns every command with its path, such as `['webhooks', 'rotate']`. */
function commandsOf(command: Command, path: readonly string[] = []): { command: Command; path: readonly string[] }[] {
  const below = command.commands.flatMap((one) => commandsOf(one, [...path, one.name()]));
  return path.length > 0 && command.commands.length === 0 ? [{ command, path }, ...below] : below;
}

/** Whether the option accepts only certain words, or only numbers. */
const isStrict = ({ argChoices, flags }: Option) => argChoices !== undefined || /<(?:n|seconds|on\|off)>/.test(flags);

const STRICT = commandsOf(createProgram()).flatMap(({ command, path }) =>
  command.options
    .filter(isStrict)
    .map((option) => [`${path.join(' ')} ${option.long}`, command, path, option] as const),
);

describe('wrong usage', () => {
  it.each(STRICT)(
    'a wrong value of %s is rejected with exit code 2 and a message that names the option and the accepted values',
    async (...row) => {
      const [, command, path, { long }] = row;
      const required = command.options.filter(({ mandatory, long: other }) => mandatory && other !== long);
      const others = required.flatMap((other) => [other.long!, '1']);
      const args = command.registeredArguments.filter(({ required }) => required).map(() => '/etc/hostname');
      const { code, stdout, stderr } = await run([...path, ...args, ...others, long!, 'nonsense']);
      expect([code, stdout]).toEqual([EXIT.usage, '']);
      const [message] = stderr.split('\n');
      expect(message).toContain(long);
      expect(message).toMatch(/[Uu]se |must be|not a /);
      expect(stderr).not.toMatch(/[{}\ufffd]/);
    },
  );

  it.each([
    ['jobs list --limit 1000', '--limit', 'Use an integer from 1 to 100. --page 2 shows the next jobs.'],
    ['jobs list --limit 0', '--limit', 'Use an integer from 1 to 100.'],
    ['jobs list --limit 1e1', '--limit', 'Use an integer from 1 to 100.'],
    ['jobs list --page 0', '--page', 'Use an integer from 1 to 1000000.'],
    ['jobs list --status done', '--status', 'Did you mean "completed"?'],
    ['jobs list --status complete', '--status', 'Did you mean "completed"?'],
    ['jobs list --status cancelled', '--status', 'Did you mean "canceled"?'],
    ['jobs list --since yesterday', '--since', 'Use a date or a time such as 2026-11-26'],
    ['jobs list --until 2026-13-45', '--until', 'Use a date or a time such as 2026-11-26'],
    ['jobs list --limt 5', '--limt', 'Did you mean --limit?'],
    ['jobs lsit', 'lsit', 'Did you mean list?'],
    ['uploads list --status done', '--status', 'Use one of pending, confirming, confirmed.'],
    ['webhooks rotate x --overlap -1', '--overlap', 'Use an integer 0 or more.'],
    ['keys rotate x --overlap 1h', '--overlap', 'Use an integer 0 or more.'],
    ['users create a@b.c --role root', '--role', 'Use one of operator, admin, member, viewer.'],
    ['completion zhs', 'shell', 'Did you mean "zsh"?'],
    ['transcode in.mov o.mp4 --resolution fullhd', '--resolution', 'Did you mean "1080p"?'],
    ['transcode in.mov o.mp4 --ladder auto', '--ladder', 'Name a folder, such as o.'],
    ['transcode in.mov live.m3u8 --ladder 720 --poster best', '--ladder', 'Name a folder, such as live.'],
    ['transcode in.mov o --ladder 720p', '--ladder', 'heights such as 1080,720,360'],
    ['transcode in.mov o.mp4 --quality best', '--quality', 'Did you mean "high"?'],
  ])('"%s" is rejected with an error that names the mistake and advises a correction', async (line, name, advice) => {
    const { code, stderr } = await run(line.split(' '));
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(name);
    expect(stderr).toContain(advice);
  });
});
