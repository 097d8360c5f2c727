import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { createProgram } from '../program.ts';
import { completionCommand, type Shell } from './completion.ts';

function scriptOf(shell: Shell): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    completionCommand(createProgram(), shell);
    return String(write.mock.calls[0]![0]);
  } finally {
    write.mockRestore();
  }
}

describe('the completion of bash', () => {
  const bash = scriptOf('bash');
  const complete = (...words: string[]) => {
    const line = ['./airlock', ...words].map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _airlock; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${bash}\n${call}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
  };

  it('offers only the commands, options and values that can follow the words on the line', () => {
    expect(complete('tr')).toEqual(['transcode', 'transcribe']);
    expect(complete('jobs', '')).toEqual(['list', 'show', 'watch', 'cancel', 'retry', 'redeliver', 'erase', '--help']);
    expect(complete('jobs', 'list', '--s')).toEqual(['--status', '--since']);
    expect(complete('jobs', 'list', '--status', 'failed', '--w')).toEqual(['--watch']);
    expect(complete('jobs', 'list', '--status', '')).toEqual([
      'pending',
      'processing',
      'completed',
      'failed',
      'canceled',
    ]);
    expect(complete('transcode', 'in.mov', 'out.mp4', '--quality', 'm')).toEqual(['medium']);
    expect(complete('jobs', 'list', '--limit', '')).toEqual(['']);
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish', '--help']);
    expect(complete('transcode', 'in.m')).toEqual(['']);
  });
});

it.each(['zsh', 'fish'] as const)('the completion of %s names every command with its description', (shell) => {
  const script = scriptOf(shell);
  for (const command of createProgram().commands.filter((one) => one.name() !== 'help')) {
    expect(script).toMatch(new RegExp(`\\b${command.name()}\\b`));
    for (const one of command.commands) expect(script).toContain(`'${command.name()} ${one.name()}'`);
  }
});

it.each(['zsh', 'fish'] as const)(
  'the completion of %s offers the values of options that accept only certain values',
  (shell) => {
    expect(scriptOf(shell)).toMatch(/--?l? ?.*status.*pending processing completed failed canceled/);
  },
);
