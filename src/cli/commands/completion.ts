import type { Command } from 'commander';

/** A command for completion: its path, and the words that can follow it. */
interface Node {
  /** The words of the command: `jobs list` for a subcommand, and an empty text for the program itself. */
  path: string;
  words: { word: string; description: string }[];
  /** Options that require a value, with the values to suggest. Options for free text and file names have no values to suggest. */
  values: { option: string; description: string; choices: readonly string[] }[];
}

const SHELLS = { bash, zsh, fish };
export type Shell = keyof typeof SHELLS;

/** Prints the completion script of a shell. The script is generated from the commands. */
export function completionCommand(program: Command, shell: Shell): void {
  process.stdout.write(SHELLS[shell](nodesOf(program)));
}

function nodesOf(command: Command, path = ''): Node[] {
  const subcommands = command.commands.map((one) => ({ word: one.name(), description: one.description() }));
  const options = command.options.map(({ long, short, description }) => ({ word: (long ?? short)!, description }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, description })),
  );
  const words = [...subcommands, ...choices, ...options, { word: '--help', description: 'Show help' }];
  const below = command.commands.flatMap((one) => nodesOf(one, `${path} ${one.name()}`.trim()));
  const values = command.options
    .filter(({ required, optional }) => required || optional)
    .flatMap(({ long, short, description, argChoices = [] }) =>
      [long, short].filter((name) => name != null).map((option) => ({ option, description, choices: argChoices })),
    );
  return [{ path, words, values }, ...below];
}

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`);
  const values = withValues(nodes).map(([at, choices]) => `    '${at}') words='${choices.join(' ')}' ;;`);
  return `# Completion of Airlock for bash. Add to ~/.bashrc: source <(./airlock completion bash)
_airlock() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' words='' word next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    next="\${path:+$path }$word"
    case $next in
    ${paths(nodes)
      .map((path) => `'${path}'`)
      .join(' | ')}) path=$next ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _airlock airlock ./airlock
`;
}

function zsh(nodes: readonly Node[]): string {
  const entry = ({ word, description }: Node['words'][number]) =>
    `'${word}:${description.replaceAll("'", '’').replaceAll(':', '\\:')}'`;
  const cases = nodes.map(
    ({ path, words }) => `    '${path}') words=(\n      ${words.map(entry).join('\n      ')}\n    ) ;;`,
  );
  const values = withValues(nodes).map(([at, choices]) => `    '${at}') found=(${choices.join(' ')}) ;;`);
  return `#compdef airlock ./airlock
# Completion of Airlock for zsh. Add to ~/.zshrc, after compinit: source <(./airlock completion zsh)
_airlock() {
  local at='' word next
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${at:+$at }$word"
    case $next in
    ${paths(nodes)
      .map((path) => `'${path}'`)
      .join('|')}) at=$next ;;
    esac
  done
  case $at in
${cases.join('\n').replaceAll(') words=(', ') found=(')}
  esac
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  _describe 'airlock' found || _files
}
compdef _airlock airlock ./airlock
`;
}

function fish(nodes: readonly Node[]): string {
  const quote = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
  const lines = nodes.flatMap(({ path, words, ...node }) =>
    words.map(({ word, description }) => {
      const value = node.values.find(({ option }) => option === word);
      const choices = value && value.choices.length > 0 ? ` -x -a ${quote(value.choices.join(' '))}` : ' -r';
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${value ? choices : ''}` : `-f -a ${word}`;
      return `complete -c airlock -n ${quote(`__airlock_at ${quote(path)}`)} ${what} -d ${quote(description)}`;
    }),
  );
  return `# Completion of Airlock for fish. Write it to ~/.config/fish/completions/airlock.fish
function __airlock_at
    set -l at ''
    for word in (commandline -opc)[2..]
        set -l next (string trim "$at $word")
        contains -- $next ${paths(nodes).map(quote).join(' ')}; and set at $next
    end
    test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function paths(nodes: readonly Node[]): string[] {
  return nodes.map(({ path }) => path).filter(Boolean);
}

/** Returns each path with an option, such as `jobs list --status`, and the values of this option. */
function withValues(nodes: readonly Node[]): [at: string, choices: readonly string[]][] {
  return nodes.flatMap(({ path, values }) =>
    values.map(({ option, choices }): [string, readonly string[]] => [`${path} ${option}`, choices]),
  );
}
