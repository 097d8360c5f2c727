import { describe, expect, it } from 'vitest';
import { aptConfiguration, buildSources } from './apt-sources.ts';

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

  it('are read by an apt that works in one folder and runs no hook of the machine', () => {
    const text = aptConfiguration('/d/ffmpeg/work/apt');
    expect(text).toContain('#clear APT::Update::Post-Invoke;');
    expect(text).toContain('APT::Get::AllowUnauthenticated "false";');
    const folders = [...text.matchAll(/^Dir::\S+ "([^"]*)";$/gm)].map(([, path]) => path!);
    expect(folders.length).toBeGreaterThan(6);
    expect(folders.filter((path) => !path.startsWith('/d/ffmpeg/work/apt/'))).toEqual([]);
  });
});
