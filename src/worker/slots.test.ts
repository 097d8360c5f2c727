import { describe, expect, it } from 'vitest';
import { planSlots } from './slots.ts';

const GIB = 2 ** 30;

describe('the planned slots', () => {
  it('let light jobs run alongside a heavy encode', () => {
    expect(planSlots(null, 2, 24 * GIB)).toEqual([['light'], ['light'], ['heavy'], ['interactive']]);
  });

  it('include one slot for both light and heavy jobs if memory is scarce', () => {
    expect(planSlots(null, 4, 2 * GIB)).toEqual([['light', 'heavy'], ['interactive']]);
  });

  it('include several heavy slots on a large machine', () => {
    const slots = planSlots(null, 32, 128 * GIB);
    expect(slots.filter(([first]) => first === 'heavy')).toHaveLength(4);
  });

  it.each([1, 2, 5])('are exactly as many as the operator sets (%i), plus the interactive slot', (wanted) => {
    const slots = planSlots(wanted, 2, 24 * GIB);
    expect(slots).toHaveLength(wanted + 1);
    expect(slots.some((classes) => classes.includes('heavy'))).toBe(true);
    expect(slots.some((classes) => classes[0] === 'light')).toBe(true);
  });
});
