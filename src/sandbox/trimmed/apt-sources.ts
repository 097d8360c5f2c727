/*
 * The archives from which the build downloads: the archives that this machine's apt uses, with their signatures. The build skips an
 * archive that apt trusts without a signature.
 */

/** A list of archives of this machine. The file name decides how apt reads the list. */
export interface SourceList {
  name: string;
  text: string;
}

/** Returns the lists with archives for both packages and sources, without unsigned archives. Skips lists that are then empty. */
export function buildSources(lists: readonly SourceList[]): SourceList[] {
  return lists
    .map(({ name, text }) => ({ name, text: name.endsWith('.sources') ? stanzas(text) : lines(text) }))
    .filter(({ text }) => text !== '');
}

/** The format of deb822: stanzas separated by empty lines. */
function stanzas(text: string): string {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .map((stanza) => stanza.replace(/^#.*\n?/gm, '').trim())
    .filter((stanza) => /^Types:(?:.*\s)?deb(?:\s|$)/im.test(stanza) && !isUnsigned(stanza) && !isDisabled(stanza))
    .map((stanza) => `${stanza.replace(/^Types:.*$/im, 'Types: deb deb-src')}\n`)
    .join('\n');
}

const isUnsigned = (stanza: string) => /^(?:Trusted|Allow-Insecure|Allow-Weak):\s*yes/im.test(stanza);
const isDisabled = (stanza: string) => /^Enabled:\s*(?:no|false)/im.test(stanza);

/** The format of one line per archive: `deb [options] URI suite components`. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => /^deb\s/.test(line) && !/\b(?:trusted|allow-insecure|allow-weak)=yes\b/i.test(line))
    .map((line) => `${line}\n${line.replace(/^deb\s/, 'deb-src ')}\n`)
    .join('');
}

/**
 * Configuration that makes apt work in one folder only, with its own lists and cache, and no installed package. apt reads this
 * configuration after the machine's configuration, so the machine's proxies, credentials and preferences apply. The machine's hooks
 * don't run.
 * @param folder absolute path without quotes
 */
export function aptConfiguration(folder: string): string {
  const cleared = [
    ...['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'],
    ...['APT::Update::Post-Invoke-Stats', 'DPkg::Pre-Invoke', 'DPkg::Post-Invoke', 'DPkg::Pre-Install-Pkgs'],
  ];
  const values = {
    'Dir::Etc::sourcelist': `${folder}/sources.list`,
    'Dir::Etc::sourceparts': `${folder}/sources.list.d`,
    'Dir::State': `${folder}/state`,
    'Dir::State::lists': `${folder}/state/lists`,
    'Dir::State::status': `${folder}/state/status`,
    'Dir::Cache': `${folder}/cache`,
    'Dir::Cache::archives': `${folder}/cache/archives`,
    'Dir::Log': `${folder}/state`,
    'APT::Install-Recommends': 'false',
    'APT::Install-Suggests': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowWeakRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  return [
    ...cleared.map((name) => `#clear ${name};`),
    ...Object.entries(values).map(([name, value]) => `${name} "${value}";`),
    '',
  ].join('\n');
}
