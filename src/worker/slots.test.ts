import { describe, expect, it } from 'vitest';
import { planSlots } from './slots.ts';

const GIB = 2 ** 30;

describe('slots', () => {
  it('keep light work out of the way of a heavy encode', () => {
    expect(planSlots(null, 2, 24 * GIB)).toEqual([['light'], ['light'], ['heavy']]);
  });

  it('share one slot where memory is scarce', () => {
    expect(planSlots(null, 4, 2 * GIB)).toEqual([['light', 'heavy']]);
  });

  it('add heavy slots on large machines', () => {
    const slots = planSlots(null, 32, 128 * GIB);
    expect(slots.filter(([lane]) => lane === 'heavy')).toHaveLength(4);
  });

  it.each([1, 2, 5])('are exactly as many as the operator asks for (%i)', (wanted) => {
    const slots = planSlots(wanted, 2, 24 * GIB);
    expect(slots).toHaveLength(wanted);
    expect(slots.some((lanes) => lanes.includes('heavy'))).toBe(true);
    expect(slots.some((lanes) => lanes[0] === 'light')).toBe(true);
  });
});
