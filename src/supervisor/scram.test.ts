import { describe, expect, it } from 'vitest';
import { scramVerifier } from './scram.ts';

describe('the verifier of a password', () => {
  it('equals the verifier that RFC 7677 states for its example', () => {
    // RFC 7677, section 3: user "user", password "pencil", this salt, 4096 iterations.
    expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$' +
        'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  it('differs each time', () => {
    expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
  });

  it('is computed only for passwords of printable ASCII, which SASLprep does not change', () => {
    for (const password of ['', 'pass word', 'größe', "a'\n"])
      expect(() => scramVerifier(password)).toThrow(RangeError);
  });
});
