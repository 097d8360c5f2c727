import type { OptionRequest } from '../contract/transcode-request.ts';
import { UsageError } from './exit.ts';

/**
 * Parses an option as on the command line of FFmpeg: `-c:v libx265` → `{option, argument}`. A flag has no argument. Everything after the
 * first space is the argument, and stays unchanged, because quotes and backslashes belong to filters. Only quotes around the entire
 * argument are removed, as in a shell.
 */
export function readOptionText(text: string): OptionRequest {
  const [, option = '', argument] = /^(\S+)(?:\s+(.+))?$/s.exec(text.trim()) ?? [];
  if (!option.startsWith('-'))
    throw new UsageError(`--option "${text}" does not start with a dash. Write it as in "-crf 20".`);
  return argument === undefined ? { option } : { option, argument: unquote(argument) };
}

function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  return quoted && !quoted[2]!.includes(quoted[1]!) ? quoted[2]! : text;
}
