import { expect, it } from 'vitest';
import { once } from './once.ts';

it('a value that several callers share is made once, and again only if making it failed', async () => {
  let made = 0;
  const get = once(async () => {
    made++;
    if (made === 1) throw new Error('no space');
    return made;
  });
  const first = await Promise.allSettled([get(), get()]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(get.made).toBeUndefined();
  expect(await Promise.all([get(), get(), get()])).toEqual([2, 2, 2]);
});
