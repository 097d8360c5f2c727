import { expect, it } from 'vitest';
import { DIRECT_COMMANDS, findDirectCommand } from './direct-commands.ts';
import { createProgram } from './program.ts';

it('a command that starts a process of the service runs without the parser', () => {
  for (const name of ['up', 'api', 'worker', 'gateway'] as const)
    expect(findDirectCommand([name])).toBe(DIRECT_COMMANDS[name]);
});

it.each([[[]], [['up', '--help']], [['up', '']], [['doctor']], [['constructor']], [['toString']]])(
  'the arguments %j are passed to the parser',
  (args) => {
    expect(findDirectCommand(args)).toBeNull();
  },
);

it('a command that runs without the parser has no arguments and no options', () => {
  for (const command of createProgram().commands.filter((one) => Object.hasOwn(DIRECT_COMMANDS, one.name()))) {
    expect(command.options).toEqual([]);
    expect(command.registeredArguments).toEqual([]);
  }
});
