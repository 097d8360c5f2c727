import type { Counter, Registry } from 'prom-client';

/** `limited`: too many failed sign-ins. `busy`: too many sign-ins wait. */
export type SignInResult = 'ok' | 'wrong' | 'limited' | 'busy';

export interface SignInMetrics {
  signIns: Counter<'result'>;
  /** Reads at each scrape how many sign-ins wait or are being checked. */
  countSignIns: (read: () => { known: number; unknown: number }) => void;
}

export function createSignInMetrics(
  prom: Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>,
  registers: Registry[],
): SignInMetrics {
  return {
    signIns: new prom.Counter({
      name: 'airlock_sign_ins_total',
      help: 'Attempts to sign in with a password, by result',
      labelNames: ['result'],
      registers,
    }),
    countSignIns(read) {
      new prom.Gauge({
        name: 'airlock_sign_ins_waiting',
        help: 'Sign-ins that are waiting or being checked. A browser is known if a person has signed in with it',
        labelNames: ['browser'],
        registers,
        collect() {
          for (const [browser, count] of Object.entries(read())) this.set({ browser }, count);
        },
      });
    },
  };
}
