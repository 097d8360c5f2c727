import type { Schemas, TranscodeRequest } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { connect } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { readJsonFile } from '../json-file.ts';
import { write } from '../printing.ts';
import { out } from '../style.ts';
import { plain } from '../table.ts';

type Answer = Schemas['ValidateAnswer'];

/** Checks the body of a create, and prints the result. Returns 1 if a server would reject the body. */
export async function validateCommand(
  config: Config,
  file: string,
  options: { json?: boolean; account?: string },
): Promise<number> {
  const request = await readJsonFile<TranscodeRequest>(file);
  const connection = { scopes: ['read', 'transcode'] as const, account: options.account, start: true };
  return connect(config, connection, async ({ airlock }) => {
    const answer = await airlock.validate(request);
    if (options.json) write(JSON.stringify(answer));
    else process.stdout.write(answerText(answer));
    return answer.valid ? EXIT.ok : EXIT.failed;
  });
}

function answerText({ valid, command, warnings, errors }: Answer): string {
  const lines = [
    valid ? `${out.green('✓')} A server would accept this job.` : `${out.red('✗')} A server would reject this job:`,
  ];
  for (const { position, field, option, message, suggestion } of errors) {
    const at = position.offset === null ? '' : `, character ${position.offset + 1}`;
    lines.push(`  ${out.bold(plain([field, option].filter(Boolean).join(' ')))}${at}: ${plain(message)}`);
    if (suggestion) lines.push(`    ${out.yellow('→')} ${plain(suggestion)}`);
  }
  for (const { field, message } of warnings) lines.push(`  ${out.yellow('!')} ${plain(`${field}: ${message}`)}`);
  if (command.length > 0) lines.push('', ...shellLines(command).map((line) => out.dim(line)));
  return `${lines.join('\n')}\n`;
}

/** Returns the lines of the command, quoted for a shell. Each option is on its own line, together with its value. */
function shellLines(command: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of command.map(shellWord)) {
    if (/^-[a-z]/i.test(word) || lines.length === 0) lines.push(word);
    else lines[lines.length - 1] += ` ${word}`;
  }
  return lines.map((line, index) => `  ${index > 0 ? '  ' : ''}${line}${index < lines.length - 1 ? ' \\' : ''}`);
}

function shellWord(word: string): string {
  const safe = plain(word);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}
