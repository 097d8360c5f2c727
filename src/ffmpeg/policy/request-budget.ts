import { type BudgetName, REQUEST_BUDGET } from '../../contract/request-budget.ts';

/** The remaining budget of one request. Parsing stops when any part of the budget is used up. */
export class RequestBudget {
  readonly #used = new Map<BudgetName, number>();
  #spent: BudgetName | null = null;

  /** Uses `amount` of the budget. Returns false if the budget is used up. */
  take(name: BudgetName, amount = 1): boolean {
    const used = this.used(name) + amount;
    this.#used.set(name, used);
    if (used > REQUEST_BUDGET[name].most) this.#spent ??= name;
    return this.#spent === null;
  }

  used(name: BudgetName): number {
    return this.#used.get(name) ?? 0;
  }

  get isSpent(): boolean {
    return this.#spent !== null;
  }

  /** Why parsing stopped, as a text that continues "the request". */
  get reason(): string {
    const { most, noun } = REQUEST_BUDGET[this.#spent ?? 'options'];
    return `has more than ${most} ${noun}`;
  }

  get suggestion(): string {
    return 'Send less in one request, or split the work over several jobs.';
  }
}
