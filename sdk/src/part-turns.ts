/**
 * Decides when each part of an upload starts, so that the parts arrive in order and a job can read the first parts while others are sent.
 * The second part starts after the first part is sent. The first part does not share the bandwidth with other parts, so the job can start
 * early. Each later part starts after a share of the previous part is sent, so that the parts arrive one after the other, not at the same
 * time.
 */
export class PartTurns {
  private readonly sent = new Map<number, number>();
  private readonly waiting = new Map<number, () => void>();

  private readonly share: number;

  /**
   * @param share the share of a part that must be sent before the next part starts, from 0 to 1
   * @param arrived numbers of the parts that are already in storage
   */
  constructor(share: number, arrived: readonly number[]) {
    this.share = share;
    for (const number of arrived) this.sent.set(number, 1);
  }

  /** Resolves when the part may start. Never resolves if the previous part is not sent. */
  async start(number: number): Promise<void> {
    if (number > 1 && !this.letsNextStart(number - 1)) {
      await new Promise<void>((resolve) => this.waiting.set(number - 1, resolve));
    }
  }

  /** Records the share of the part that is sent, from 0 to 1. */
  record(number: number, fraction: number): void {
    this.sent.set(number, fraction);
    if (!this.letsNextStart(number)) return;
    this.waiting.get(number)?.();
    this.waiting.delete(number);
  }

  private letsNextStart(number: number): boolean {
    return (this.sent.get(number) ?? 0) >= (number === 1 ? 1 : this.share);
  }
}
