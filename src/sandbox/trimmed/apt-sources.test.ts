import { describe, expect, it } from 'vitest';
import { aptConfiguration, buildSources } from './apt-sources.ts';

const NO_WORDS = ['no', 'false', 'without', 'off', 'disable', '0', 'No', 'OFF'];
const OTHER_WORDS = [
  'yes',
  'true',
  'with',
  'on',
  'enable',
  '1',
  'YES',
  '01',
  '0x1',
  '2',
  'maybe',
  '%79es',
  '"yes"',
  'no!',
];
const of = (name: string, text: string) => buildSources([{ name, text }]).map((list) => list.text);

describe('the archives of a build', () => {
  it('are the archives of the machine, with their sources', () => {
    expect(of('debian.sources', 'Types: deb\nURIs: http://mirror.example.com/debian\nSigned-By: /k.pgp\n')).toEqual([
      'Types: deb deb-src\nURIs: http://mirror.example.com/debian\nSigned-By: /k.pgp\n',
    ]);
    expect(of('sources.list', '# a comment\ndeb [signed-by=/k] http://m.example.com/debian trixie main # x\n')).toEqual(
      [
        'deb [signed-by=/k] http://m.example.com/debian trixie main\ndeb-src [signed-by=/k] http://m.example.com/debian trixie main\n',
      ],
    );
  });

  it('do not include archives that are disabled, have no packages, or are trusted without a signature', () => {
    const stanza = 'Types: deb\nURIs: file:/srv/local\nSuites: ./\n';
    expect(of('a.sources', `# local\n${stanza}Trusted: yes\n`)).toEqual([]);
    expect(of('a.sources', `${stanza}Allow-Insecure: yes\n`)).toEqual([]);
    expect(of('a.sources', `${stanza}Enabled: no\n`)).toEqual([]);
    expect(of('a.sources', stanza.replace('deb', 'deb-src'))).toEqual([]);
    expect(
      of('sources.list', 'deb [arch=amd64 trusted=yes] file:/srv ./\ndeb-src http://m.example.com/ x main\n'),
    ).toEqual([]);
    expect(of('a.sources', `${stanza}Trusted: yes\n\n${stanza}`)).toHaveLength(1);
  });

  const TRUST = ['trusted', 'Trusted', 'allow-insecure', 'Allow-Weak', 'allow-downgrade-to-insecure', 'trusted+'];
  const stanzaWith = (fields: string) => `Types: deb\nURIs: http://m.example.com/debian\nSuites: x\n${fields}`;
  const lineWith = (options: string) => `deb ${options} http://m.example.com/debian x main\n`;

  it('include an archive whose options of trust have a word that apt reads as "no"', () => {
    for (const word of NO_WORDS) {
      expect(of('a.sources', stanzaWith(`Trusted: ${word}\n`)), word).toHaveLength(1);
      expect(of('sources.list', lineWith(`[ arch=amd64 trusted=${word} ]`)), word).toHaveLength(1);
    }
    expect(of('a.sources', stanzaWith('X-Repolib-Name: x\nSigned-By:\n -----BEGIN\n .\n mQ\n'))).toHaveLength(1);
  });

  it('never include an archive whose options of trust have another word', () => {
    for (const name of TRUST) {
      for (const word of OTHER_WORDS) {
        expect(of('sources.list', lineWith(`[${name}=${word}]`)), `${name}=${word}`).toEqual([]);
        if (!name.endsWith('+')) expect(of('a.sources', stanzaWith(`${name}: ${word}\n`)), word).toEqual([]);
      }
    }
  });

  it.each([
    ['a.sources', stanzaWith('Trusted : yes\n')],
    ['a.sources', stanzaWith('Trusted:\n yes\n')],
    ['a.sources', stanzaWith('Trusted:\n')],
    ['a.sources', stanzaWith('Trusted: yes\r\n')],
    ['a.sources', stanzaWith('Trusted: no\nTrusted: yes\n')],
    ['a.sources', stanzaWith('Trusted-Add: yes\n')],
    ['a.sources', stanzaWith('no field\n')],
    ['sources.list', lineWith('[trusted=no trusted=yes]')],
    ['sources.list', lineWith('[arch=amd64\ttrusted=on]')],
    ['sources.list', lineWith('[%74rusted=%79es]')],
    ['sources.list', lineWith('[trusted="yes"]')],
    ['sources.list', lineWith('[signed-by="/a b" trusted=yes]')],
    ['sources.list', lineWith('[arch=amd64 trusted=yes')],
    ['sources.list', lineWith('[arch=amd64] [trusted=yes]')],
    ['sources.list', lineWith('[trusted]')],
  ])('never include an archive that can hide an option of trust: %s %j', (name, text) => {
    expect(of(name, text)).toEqual([]);
  });

  it('are read by an apt that works in one folder and runs no hook of the machine', () => {
    const text = aptConfiguration('/d/ffmpeg/work/apt');
    expect(text).toContain('#clear APT::Update::Post-Invoke;');
    expect(text).toContain('APT::Get::AllowUnauthenticated "false";');
    const folders = [...text.matchAll(/^Dir::\S+ "([^"]*)";$/gm)].map(([, path]) => path!);
    expect(folders.length).toBeGreaterThan(6);
    expect(folders.filter((path) => !path.startsWith('/d/ffmpeg/work/apt/'))).toEqual([]);
  });
});
