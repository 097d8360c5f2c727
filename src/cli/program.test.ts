import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';

function leaves(command: Command): Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

describe('the help of ./airlock', () => {
  it('describes every command, argument and option', () => {
    const undescribed = leaves(createProgram())
      .filter((command) => command.name() !== 'help')
      .flatMap((command) => {
        const parts = [
          ['the command', command.description()],
          ...command.registeredArguments.map((one) => [one.name(), one.description]),
          ...command.options.map((one) => [one.flags, one.description]),
        ];
        return parts.filter(([, description]) => !description).map(([name]) => `${pathOf(command)}: ${name}`);
      });
    expect(undescribed).toEqual([]);
  });

  it.each([
    [['uploads', 'token', 'create'], './airlock uploads token create --help shows its arguments and options'],
    [['keys', 'creat'], 'Did you mean create?)\n(./airlock keys --help shows its commands'],
    [['frobnicate'], './airlock --help shows every command'],
  ])('is named in the error about the arguments %j', (args, help) => {
    const program = createProgram();
    let written = '';
    for (const command of [program, ...program.commands.flatMap(withDescendants)])
      command.configureOutput({ writeErr: (text) => (written += text) }).exitOverride();
    expect(() => program.parse(args, { from: 'user' })).toThrow();
    expect(written).toContain(help);
  });
});
