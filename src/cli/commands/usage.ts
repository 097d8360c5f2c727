import { AirlockError, type Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { connect } from '../connect.ts';
import { EXIT, UnavailableError, UsageError } from '../exit.ts';
import { write } from '../printing.ts';
import { byteText } from '../stages.ts';
import { out } from '../style.ts';
import { type Column, table } from '../table.ts';

type Usage = Schemas['Usage'];

type Metric = [name: string, used: unknown];

export async function usageCommand(
  config: Config,
  options: { json?: boolean; account?: string; period?: string },
): Promise<number> {
  const { period, account } = options;
  if (period !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(period)) {
    throw new UsageError(`--period is "${period}". Use a month such as 2026-11.`);
  }
  return connect(config, { scopes: ['read'], account }, async ({ airlock, signal }) => {
    const usage = await airlock
      .call('get', '/v1/account/usage', { query: { ...(period && { period }) }, signal })
      .catch((error: unknown) => {
        if (error instanceof AirlockError && (error.status === 404 || error.status === 501)) {
          throw new UnavailableError('This server does not report usage yet. Update it to a newer version of Airlock.');
        }
        throw error;
      });
    if (options.json) write(JSON.stringify(usage));
    else process.stdout.write(usageText(usage));
    return EXIT.ok;
  });
}

export function usageText({ period, usage, ...rest }: Usage): string {
  const { by_day: days, ...totals } = usage;
  const quota: Record<string, number | null> = rest.quota;
  const remaining: Record<string, number | null> = rest.remaining;
  const metrics: Metric[] = Object.entries(totals).filter(([, value]) => typeof value === 'number');
  const amount = (name: string, value: unknown) =>
    typeof value !== 'number' ? null : name.endsWith('_bytes') ? byteText(value) : value;
  const columns: Column<Metric>[] = [
    { title: period, value: ([name]) => name.replace(/_bytes$/, '').replaceAll('_', ' ') },
    { title: 'used', value: ([name, used]) => amount(name, used), right: true },
    { title: 'quota', value: ([name]) => amount(name, quota[name]) ?? 'none', right: true },
    { title: 'left', value: ([name]) => amount(name, remaining[name]), right: true },
  ];
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const daily: Column<Usage['usage']['by_day'][number]>[] = [
    { title: 'day', value: ({ day }) => day },
    { title: 'jobs', value: ({ jobs }) => jobs, right: true },
    { title: 'minutes', value: ({ minutes }) => minutes, right: true },
  ];
  const perDay = days.length > 0 ? `\n${table(days, daily, width, out.bold)}` : '';
  return table(metrics, columns, width, out.bold) + perDay;
}
