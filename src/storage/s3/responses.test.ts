import { describe, expect, it } from 'vitest';
import { errorCode, parseListPage } from './responses.ts';

const entry =
  '<Contents><Key>a%2Fb%20c+d</Key><LastModified>2026-11-24T10:00:00.000Z</LastModified><Size>7</Size></Contents>';

describe('responses of a store', () => {
  it('to list requests are parsed into keys, sizes, times and the next page', () => {
    const page = parseListPage(
      `<ListBucketResult xmlns="x"><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b&#x3d;</NextContinuationToken>${entry}</ListBucketResult>`,
    );
    expect(page).toEqual({
      objects: [{ key: 'a/b c d', size: 7, lastModified: new Date('2026-11-24T10:00:00Z') }],
      next: 'a&b=',
    });
  });

  it('are rejected if they are of another type or incomplete', () => {
    expect(() => parseListPage('<html>welcome</html>')).toThrow();
    expect(() => parseListPage('<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>')).toThrow();
    expect(() => parseListPage(`<ListBucketResult>${entry.replace('>7<', '>many<')}</ListBucketResult>`)).toThrow();
  });

  it('are rejected with a reason if they contain an invalid key or character', () => {
    for (const key of ['%zz', 'a%', '&#x110000;', '&#9999999;']) {
      const text = `<ListBucketResult>${entry.replace('a%2Fb%20c+d', key)}</ListBucketResult>`;
      expect(() => parseListPage(text)).toThrow(/^the store returned/);
    }
    expect(() =>
      parseListPage(`<ListBucketResult>${entry.replace(/<Size>.*<.Size>/, '')}</ListBucketResult>`),
    ).toThrow();
  });

  it('of 4 MB without a closed element are rejected within two seconds', () => {
    const started = performance.now();
    expect(() => parseListPage(`<ListBucketResult>${'<Contents>'.repeat(400_000)}`)).toThrow(/^the store returned/);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('with more tags than a page of a list has are rejected before they are parsed', () => {
    const started = performance.now();
    const empty = `<ListBucketResult>${'<a/>'.repeat(1_000_000)}</ListBucketResult>`;
    expect(() => parseListPage(empty)).toThrow(/^the store returned/);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('are rejected if they declare a type or entities, and undeclared entities in them remain text', () => {
    const declared = '<!DOCTYPE x [<!ENTITY key "other">]>';
    const named = `<ListBucketResult>${entry.replace('a%2F', '&key;')}</ListBucketResult>`;
    expect(() => parseListPage(declared + named)).toThrow(/^the store returned/);
    expect(parseListPage(named).objects[0]!.key).toBe('&key;b c d');
  });

  it('are rejected if an element has the name of a member of every JavaScript object', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(() => parseListPage(`<${name}><Contents/></${name}>`)).toThrow(/^the store returned/);
    }
    expect(() => parseListPage('<ListBucketResult><Contents><toString/></Contents></ListBucketResult>')).toThrow();
  });

  it('yield an error code only if the code is a plain word', () => {
    expect(errorCode('<Error><Code>NoSuchKey</Code></Error>')).toBe('NoSuchKey');
    expect(errorCode('<Error><Code>http://x/?sig=1</Code></Error>')).toBeNull();
  });
});
