import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountsToFill, mayTakePlace, type PoolShape, placesOfAccount } from './share.ts';

const SHAPE: PoolShape = { places: 256, share: 8, reserved: 64 };

/** Generates shapes of a pool. */
const shapes = fc
  .record({ places: fc.integer({ min: 1, max: 300 }), share: fc.integer({ min: 1, max: 40 }) })
  .chain(({ places, share }) =>
    fc.record({
      places: fc.constant(places),
      share: fc.constant(share),
      reserved: fc.integer({ min: 0, max: places }),
      quiet: fc.option(fc.integer({ min: 1, max: places }), { nil: undefined }),
    }),
  );

/** Generates accounts that request or return places, in any order. */
const steps = fc.array(
  fc.record({ account: fc.nat(60), returns: fc.boolean(), times: fc.integer({ min: 1, max: 60 }) }),
  {
    maxLength: 120,
  },
);

/** Runs the steps and calls `onStep` before each request for a place. */
function simulate(
  shape: PoolShape,
  given: readonly { account: number; returns: boolean; times: number }[],
  onAsk: (held: ReadonlyMap<number, number>, account: number, isGranted: boolean) => void,
): void {
  const held = new Map<number, number>();
  for (const { account, returns, times } of given) {
    for (let time = 0; time < times; time++) {
      const own = held.get(account) ?? 0;
      if (returns) {
        held.set(account, Math.max(0, own - 1));
        continue;
      }
      const isGranted = mayTakePlace(shape, { taken: sum(held), own });
      onAsk(held, account, isGranted);
      if (isGranted) held.set(account, own + 1);
    }
  }
}

const sum = (held: ReadonlyMap<number, number>) => [...held.values()].reduce((total, own) => total + own, 0);

describe('the rule of a shared pool', () => {
  it('allows an account a quarter of the places, then `share` places, then one place', () => {
    const at = (taken: number, own: number) => placesOfAccount(SHAPE, { taken, own });
    expect([at(0, 0), at(63, 20), at(64, 64)]).toEqual([64, 64, 64]);
    expect([at(64, 20), at(191, 0)]).toEqual([8, 8]);
    expect([at(192, 0), at(255, 0), at(256, 0)]).toEqual([1, 1, 0]);
  });

  it('lets an account that is alone take `quiet` places if this is more than a quarter', () => {
    const threads = { places: 8, share: 2, reserved: 2, quiet: 6 };
    const alone = Array.from({ length: 8 }, (_, own) => mayTakePlace(threads, { taken: own, own }));
    expect(alone).toEqual([true, true, true, true, true, true, false, false]);
    expect(mayTakePlace(threads, { taken: 5, own: 4 })).toBe(false);
  });

  it('never gives away more places than the pool has, in any order of requests and returns', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, given) => {
        simulate(shape, given, (held, _, isGranted) => {
          if (isGranted) expect(sum(held)).toBeLessThan(shape.places);
        });
      }),
    );
  });

  it('gives a place to an account without places while fewer accounts have places than it takes to fill the pool', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, given) => {
        const needed = accountsToFill(shape);
        simulate(shape, given, (held, account, isGranted) => {
          const holders = [...held.values()].filter((own) => own > 0).length;
          if ((held.get(account) ?? 0) === 0 && holders < needed) expect(isGranted).toBe(true);
        });
      }),
    );
  });

  it('gives no account more than its share once a quarter is taken and other accounts have places', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, given) => {
        simulate(shape, given, (held, account, isGranted) => {
          const own = held.get(account) ?? 0;
          const taken = sum(held);
          if (isGranted && taken * 4 >= shape.places && taken > own) expect(own).toBeLessThan(shape.share);
          if (isGranted && taken >= shape.places - shape.reserved) expect(own).toBe(0);
        });
      }),
    );
  });

  it('lets an account take a quarter of an empty pool, or all places that are not reserved if these are fewer', () => {
    fc.assert(
      fc.property(shapes, ({ places, share, reserved }) => {
        const shape = { places, share, reserved };
        let own = 0;
        while (mayTakePlace(shape, { taken: own, own })) own += 1;
        expect(own).toBeGreaterThanOrEqual(Math.max(1, Math.min(Math.ceil(places / 4), places - reserved)));
      }),
    );
  });
});
