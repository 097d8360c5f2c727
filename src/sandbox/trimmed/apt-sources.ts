/*
 * The archives from which the build downloads: those that this machine's apt uses, whichever mirrors these are, with their
 * signatures. An archive that apt trusts without a signature is left out.
 */

/** A list of this machine, by its file name, which decides how apt reads it. */
export interface SourceList {
  name: string;
  text: string;
}

/** The same lists for packages and sources. Lists without a signed archive are left out. */
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
 * Configuration that makes apt work in one folder only: its lists, its cache, and no installed package. It follows the machine's
 * configuration, so its proxies, credentials and preferences apply. Hooks of the machine do not run.
 * @param folder absolute, without quotes
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
