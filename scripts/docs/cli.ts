import type { Argument, Command, Option } from 'commander';
import { EXIT_CODES } from '../../src/cli/exit.ts';
import { createProgram } from '../../src/cli/program.ts';
import { code, heading, table } from './markdown.ts';

/** Returns `docs/cli.md`: every command with its arguments, options and examples, as `--help` shows them. */
export function cliPage(): string {
  const program = createProgram();
  return `${heading('Commands', 'src/cli/')}
\`./airlock COMMAND --help\` prints the same information about a command as this page.

**Server.** The commands from \`transcode\` to \`transcribe\` on this page call the API. If \`AIRLOCK_URL\` and \`AIRLOCK_API_KEY\` are
set, these commands call that server. If only one of the two variables is set, these commands fail. If neither variable is set, these
commands call the service that runs on the data directory. For this call, each command creates a key for the account of \`--account\`,
and revokes the key at the end. \`uploads token create\` keeps its key until the token has expired. If no service runs, \`transcode\`,
\`blueprints run\`, \`probe\`, \`validate\` and \`transcribe\` start a service for the duration of the command. The commands after
\`transcribe\` work on this machine or on its database.

**Output.** Commands write results to standard output and everything else to standard error. With \`--json\`, commands that call the API
print its response on one line. On a terminal, tables fit the width and have colors. To turn off colors, set \`NO_COLOR\`. In a file or a
pipe, tables are complete and have no colors. Times are in the time zone of this machine.

**Job IDs.** Instead of the complete ID of a job, you can pass the beginning or the end of the ID, with at least four characters. The
command then searches only the hundred latest jobs of \`./airlock jobs list\`.

**Exit codes**

${table(
  ['Code', 'Meaning'],
  EXIT_CODES.map(([number, , meaning]) => [String(number), meaning]),
)}

${program.commands.flatMap((command) => sections(command)).join('\n')}`;
}

function sections(command: Command): string[] {
  if (command.name() === 'help') return [];
  if (command.commands.length === 0) return [section(command)];
  // A command with subcommands also gets a section if it has arguments, such as `transcribe`.
  const own = command.registeredArguments.length > 0 ? [section(command)] : [];
  return [...own, ...command.commands.flatMap((one) => sections(one))];
}

function section(command: Command): string {
  const path = pathOf(command);
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  const rows = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)];
  const facts = rows.filter(([, meaning]) => meaning !== '');
  const more = helpAfter(command);
  return [
    `## ${path}\n`,
    `${code(['./airlock', path, ...words].join(' '))}\n`,
    `${sentence(command.description())}\n`,
    ...(facts.length > 0 ? [`${table(['Argument', 'Meaning'], facts)}\n`] : []),
    ...(more ? [`\`\`\`text\n${more}\n\`\`\`\n`] : []),
  ].join('\n');
}

function pathOf(command: Command): string {
  const above = command.parent?.parent ? `${pathOf(command.parent)} ` : '';
  return above + command.name();
}

/** Returns the text that `--help` prints after the options: examples and remarks. */
function helpAfter(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(text.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
}

function argumentRow(argument: Argument): string[] {
  const choices = argument.argChoices ? `: ${argument.argChoices.join(', ')}` : '';
  return [code(argument.name()), argument.description + choices];
}

function optionRow({ flags, description, defaultValue, argChoices }: Option): string[] {
  const choices = argChoices ? `: ${argChoices.join(', ')}` : '';
  const fallback = typeof defaultValue === 'string' ? ` (default: ${defaultValue})` : '';
  return [code(flags), `${description}${choices}${fallback}`];
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
