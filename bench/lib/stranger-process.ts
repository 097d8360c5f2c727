import { type Attack, attack, type Stranger } from '../../test/hostile/stranger.ts';

/** Attacks from a process of its own, so that its work delays no measurement; see `cases/connections.ts`. */
export type Counts = ReturnType<Stranger['counts']>;

let strangers: Stranger[] = [];

process.on('message', async (attacks: Attack[] | 'counts') => {
  if (attacks !== 'counts') strangers = await Promise.all(attacks.map(attack));
  process.send!(strangers.map((stranger) => stranger.counts()));
});
process.on('disconnect', () => process.exit());
