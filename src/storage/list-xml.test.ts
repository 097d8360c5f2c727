import { describe, expect, it } from 'vitest';
import { errorCode, parseListPage } from './list-xml.ts';

const entry =
  '<Contents><Key>a%2Fb%20c+d</Key><LastModified>2026-11-24T10:00:00.000Z</LastModified><Size>7</Size></Contents>';

describe('list documents', () => {
  it('give keys, sizes, times and the next page', () => {
    const page = parseListPage(
      `<ListBucketResult xmlns="x"><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b&#x3d;</NextContinuationToken>${entry}</ListBucketResult>`,
    );
    expect(page).toEqual({
      objects: [{ key: 'a/b c d', size: 7, lastModified: new Date('2026-11-24T10:00:00Z') }],
      next: 'a&b=',
    });
  });

  it('are refused when they are something else or incomplete', () => {
    expect(() => parseListPage('<html>welcome</html>')).toThrow();
    expect(() => parseListPage('<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>')).toThrow();
    expect(() => parseListPage(`<ListBucketResult>${entry.replace('>7<', '>many<')}</ListBucketResult>`)).toThrow();
  });

  it('yield an error code only when it is a plain word', () => {
    expect(errorCode('<Error><Code>NoSuchKey</Code></Error>')).toBe('NoSuchKey');
    expect(errorCode('<Error><Code>http://x/?sig=1</Code></Error>')).toBeNull();
  });
});
