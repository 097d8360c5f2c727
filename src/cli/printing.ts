import type { Airlock } from '../../sdk/src/index.ts';
import { EXIT } from './exit.ts';
import { out } from './style.ts';

export function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a table. If the table is empty, prints only a hint on standard error. */
export function printList(text: string, rows: number, none: string): void {
  if (rows > 0) process.stdout.write(text);
  else process.stderr.write(`${none}\n`);
}

/** Minimum milliseconds between two redraws. Every running job reports progress once a second. */
const REDRAW_MS = 1000;

/** Prints a table, and prints it again after events of the account, until Ctrl-C. On a terminal, each table replaces the previous table. */
export async function followTable(airlock: Airlock, load: () => Promise<string>, signal: AbortSignal): Promise<number> {
  const draw = async () => {
    const text = await load();
    process.stdout.write(process.stdout.isTTY ? `\x1b[2J\x1b[H${text}${out.dim('Ctrl-C ends this.\n')}` : `${text}\n`);
  };
  try {
    await draw();
    let drawn = Date.now();
    let timer: NodeJS.Timeout | undefined;
    for await (const _ of airlock.events({ signal })) {
      if (timer) continue;
      timer = setTimeout(
        () => {
          timer = undefined;
          drawn = Date.now();
          draw().catch(() => {});
        },
        Math.max(0, drawn + REDRAW_MS - Date.now()),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return EXIT.ok;
}
