import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';

function leaves(command: Command): Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
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
});
