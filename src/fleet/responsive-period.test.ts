import { describe, expect, it } from 'vitest';
import { extend, type ResponsivePeriod } from './responsive-period.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const periodOf = (...responses: number[]) =>
  responses.reduce<ResponsivePeriod | null>((period, seconds) => extend(period, at(seconds)), null);

describe('the period in which the database has responded', () => {
  it('begins with the first response and ends with the latest', () => {
    expect(periodOf(100)).toEqual({ since: at(100), until: at(100) });
    expect(periodOf(100, 105, 120)).toEqual({ since: at(100), until: at(120) });
  });

  it('begins again after a gap of more than 15 seconds', () => {
    expect(periodOf(100, 105, 121, 126)).toEqual({ since: at(121), until: at(126) });
  });

  it('continues if the clock of the database is set back', () => {
    expect(periodOf(100, 90, 95)).toEqual({ since: at(100), until: at(95) });
  });
});
