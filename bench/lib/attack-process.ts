import { type Attack, type Attacker, attack } from '../../testkit/attacks/connections.ts';

/** Sends attacks from a separate process, so that the work of the attacker delays no measurement; see `cases/connections.ts`. */
export type Counts = ReturnType<Attacker['counts']>;

let attackers: Attacker[] = [];

process.on('message', async (attacks: Attack[] | 'counts') => {
  if (attacks !== 'counts') attackers = await Promise.all(attacks.map(attack));
  process.send!(attackers.map((attacker) => attacker.counts()));
});
process.on('disconnect', () => process.exit());
