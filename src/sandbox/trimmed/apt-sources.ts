/*
 * The archives from which the build downloads. These are the archives that this machine's apt uses, with their signatures. The build skips
 * an archive that apt may trust without a signature.
 */

/** Options that make apt accept an archive without a valid signature. */
const TRUST_OPTIONS = new Set(['trusted', 'allow-insecure', 'allow-weak', 'allow-downgrade-to-insecure']);
/** The words that turn off an option of apt (`StringToBool`), in lower case. */
const NO = new Set(['no', 'false', 'without', 'off', 'disable', '0']);

/** A list of archives of this machine. The file name decides how apt reads the list. */
export interface SourceList {
  name: string;
  text: string;
}

/** Returns the lists with archives for both packages and sources, without unsigned archives. Skips lists that have no archives left. */
export function buildSources(lists: readonly SourceList[]): SourceList[] {
  return lists
    .map(({ name, text }) => ({ name, text: name.endsWith('.sources') ? stanzas(text) : lines(text) }))
    .filter(({ text }) => text !== '');
}

type Option = readonly [name: string, value: string];

/** Filters a list in the format of deb822: stanzas separated by empty lines. */
function stanzas(text: string): string {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .map((stanza) => stanza.replace(/^#.*\n?/gm, '').trim())
    .filter((stanza) => isUsable(fieldsOf(stanza)) && /^Types:(?:.*\s)?deb(?:\s|$)/im.test(stanza))
    .map((stanza) => `${stanza.replace(/^Types:.*$/im, 'Types: deb deb-src')}\n`)
    .join('\n');
}

/** Filters a list in the format of one line per archive: `deb [options] URI suite components`. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => /^deb\s/.test(line) && isUsable(optionsOf(line)))
    .map((line) => `${line}\n${line.replace(/^deb\s/, 'deb-src ')}\n`)
    .join('');
}

/** Returns the fields of a stanza, each with the lines that continue it. Null if apt may read the stanza differently. */
function fieldsOf(stanza: string): Option[] | null {
  const fields = stanza.replace(/\r?\n[ \t]+/g, ' ').split('\n');
  return optionsWhere(fields.map((line) => /^([\w-]+)[ \t]*:(.*)$/.exec(line.trim())));
}

/** Returns the options of a line. Null if apt may read the line differently: apt decodes quotes and escapes such as `%79`. */
function optionsOf(line: string): Option[] | null {
  const [, options = '', rest = ''] = /^deb\s+(?:\[([^\]]*)\])?(.*)$/.exec(line)!;
  if (rest.trimStart().startsWith('[') || /["%]/.test(options)) return null;
  const words = options.split(/\s+/).filter(Boolean);
  return optionsWhere(words.map((word) => /^([\w+-]+)=(.+)$/.exec(word)));
}

function optionsWhere(matches: readonly (RegExpExecArray | null)[]): Option[] | null {
  const found = matches.filter((match) => match !== null);
  if (found.length < matches.length) return null;
  return found.map(([, name, value]) => [name!.toLowerCase(), value!.trim().toLowerCase()]);
}

/** Whether apt uses the archive, and no option of the archive can make apt accept it without a valid signature. */
function isUsable(options: readonly Option[] | null): boolean {
  if (options === null) return false;
  return options.every(([name, value]) => {
    if (name === 'enabled') return !NO.has(value);
    // The name of an option can have an ending that adds values to a list or removes values.
    return !TRUST_OPTIONS.has(name.replace(/(?:[+-]|-add|-remove)$/, '')) || NO.has(value);
  });
}

/**
 * Returns a configuration that makes apt work in one folder only, with its own lists and cache, and no installed package. apt reads this
 * configuration after the machine's configuration, so the machine's proxies, credentials and preferences apply. The machine's hooks don't
 * run.
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
    'APT::Get::Force-Yes': 'false',
    'APT::Authentication::TrustCDROM': 'false',
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
