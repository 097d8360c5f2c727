/**
 * Returns a name for a file or a label that no other output of the job uses. `position` = position of the output in the job. The first
 * output keeps the plain name.
 */
export function ownName(name: string, position: number): string {
  return position === 0 ? name : `${name}-${position + 1}`;
}
