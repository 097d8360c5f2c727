import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createFairTurns } from './fair-turns.ts';

const cleanups: (() => void)[] = [];
afterEach(async () => {
  // Otherwise, waiting requests would start during later tests, and their timers would count there.
  for (const cleanUp of cleanups.splice(0)) cleanUp();
  await setImmediate();
});

/** Starts requests, and collects the functions that end them. */
function record() {
  const turns = createFairTurns();
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const all: (() => void)[] = [];
  let isOver = false;
  const run = (address: string, isWanted = () => !isOver) =>
    turns.run(address, isWanted, (end) => {
      started.push(address);
      ends.push(end);
      all.push(end);
    });
  cleanups.push(() => {
    isOver = true;
    for (const end of all) end();
  });
  /** Runs the event loop until nothing new has started for several turns. */
  const settle = async () => {
    for (let quiet = 0, before = started.length; quiet < 5; quiet++) {
      await setImmediate();
      if (started.length > before) quiet = 0;
      before = started.length;
    }
  };
  return { turns, run, started, ends, settle };
}

describe('when addresses take turns,', () => {
  it('the first request of an address starts at once, regardless of what other addresses have sent', async () => {
    const { run, started, settle } = record();
    for (let address = 0; address < 30; address++) for (let count = 0; count < 100; count++) run(`greedy ${address}`);
    await settle();
    run('other');
    expect(started.at(-1)).toBe('other');
  });

  it('a request whose connection has closed takes no turn', async () => {
    const { run, started, ends } = record();
    run('a');
    for (let count = 0; count < 10_000; count++) run('a', () => false);
    run('a');
    for (let turn = 0; turn < 5; turn++) {
      for (const end of ends.splice(0)) end();
      await setImmediate();
    }
    expect(started).toEqual(['a', 'a']);
  });

  it('each waiting address delays another address by at most one turn', async () => {
    const { run, started, ends } = record();
    // Three addresses are more than the number of requests that start in a turn.
    for (const greedy of ['b', 'c', 'd']) for (let count = 0; count < 300; count++) run(greedy);
    run('other');
    for (let count = 0; count < 5; count++) run('other');
    while (started.filter((who) => who === 'other').length < 6) {
      for (const end of ends.splice(0)) end();
      await setImmediate();
    }
    expect(started.length).toBeLessThan(30);
    while (started.length < 906) {
      for (const end of ends.splice(0)) end();
      await setImmediate();
    }
  });

  it('one turn of the event loop starts two waiting requests, regardless of the number of waiting addresses', async () => {
    const { run, started } = record();
    for (let address = 0; address < 8; address++) for (let count = 0; count < 9; count++) run(`address ${address}`);
    expect(started).toHaveLength(8);
    await setImmediate();
    expect(started).toHaveLength(10);
  });

  it('an address starts one request per turn, even if each request gets its response immediately', async () => {
    const turns = createFairTurns();
    let started = 0;
    const answer = (end: () => void) => {
      started++;
      end();
    };
    for (let count = 0; count < 9; count++) turns.run('a', () => true, answer);
    expect(started).toBe(1);
    await setImmediate();
    expect(started).toBe(2);
    while (started < 9) await setImmediate();
  });

  it('a waiting request starts while fewer than four requests of its address, and sixteen in total, are not authenticated', async () => {
    const one = record();
    for (let count = 0; count < 100; count++) one.run('a');
    await one.settle();
    expect(one.started).toHaveLength(4);
    one.ends[0]!();
    await one.settle();
    expect(one.started).toHaveLength(5);

    const many = record();
    for (let address = 0; address < 10; address++) for (let count = 0; count < 100; count++) many.run(`${address}`);
    await many.settle();
    expect(many.started).toHaveLength(16);
  });

  it('requests continue to start when earlier requests wait for a database that is down', async () => {
    const { run, started } = record();
    for (let count = 0; count < 12; count++) run('a');
    while (started.length < 12) await setImmediate();
  });

  it('new connections precede waiting requests, but only for some milliseconds', async () => {
    const { run, started, turns } = record();
    const began = performance.now();
    for (let count = 0; count < 9; count++) run('a');
    while (started.length < 2) {
      turns.defer();
      await setImmediate();
    }
    expect(performance.now() - began).toBeGreaterThan(20);
  });
});
