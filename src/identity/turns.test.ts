import { expect, it } from 'vitest';
import { createTurns, type TurnOwner, type Turns } from './turns.ts';

const known = (key: string): TurnOwner => ({ key, isKnown: true });
const stranger = (key: string): TurnOwner => ({ key, isKnown: false });

/** Starts work that ends when `end` is called, and records the order in which turns begin. */
function startWork(turns: Turns) {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    ask: (owner: TurnOwner) =>
      turns.run(owner, () => {
        begun.push(owner.key);
        return new Promise<void>((end) => ends.push(end));
      }),
    /** Ends the running work, and lets the next work begin. */
    async end() {
      await new Promise(setImmediate);
      ends.shift()!();
      await new Promise(setImmediate);
    },
  };
}

it('known callers take precedence, except at every fourth turn', async () => {
  const work = startWork(createTurns());
  const all = [...'abcd'].map((key) => work.ask(stranger(key)));
  all.push(...['K', 'L', 'M', 'N', 'O', 'P'].map((key) => work.ask(known(key))));
  for (let turn = 0; turn < 10; turn++) await work.end();
  await Promise.all(all);
  expect(work.begun.join('')).toBe('aKLbMNOcPd');
});

it('a caller can have at most two turns, and can request another turn when one has ended', async () => {
  const turns = createTurns();
  const work = startWork(turns);
  const first = [work.ask(stranger('a')), work.ask(stranger('a'))];
  await expect(work.ask(stranger('a'))).rejects.toMatchObject({ code: 'concurrency_exceeded', status: 429 });
  const other = work.ask(stranger('b'));
  expect(turns.counts()).toEqual({ known: 0, unknown: 3 });
  await work.end();
  const third = work.ask(stranger('a'));
  for (let turn = 0; turn < 3; turn++) await work.end();
  await Promise.all([...first, other, third]);
  expect(turns.counts()).toEqual({ known: 0, unknown: 0 });
});

it('unknown callers from many addresses do not use the turns of known callers', async () => {
  const work = startWork(createTurns());
  const all = Array.from({ length: 17 }, (_, index) => work.ask(stranger(String(index))));
  await expect(work.ask(stranger('late'))).rejects.toMatchObject({ code: 'unavailable' });
  all.push(work.ask(known('person')));
  await work.end();
  expect(work.begun).toEqual(['0', 'person']);
  for (let turn = 0; turn < 17; turn++) await work.end();
  await Promise.all(all);
});

it('work that fails ends its turn', async () => {
  const turns = createTurns();
  await expect(turns.run(known('a'), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await turns.run(known('a'), () => Promise.resolve(7))).toBe(7);
});
