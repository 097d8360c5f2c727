import type { StreamPackets } from '../../types.ts';

/** Returns the reason why copied packets would be presented differently; null if there is no reason. */
export function timesFault(packets: StreamPackets, of: 'video' | 'audio'): string | null {
  if (packets.count === 0 || !(packets.seconds > 0)) return `The ${of} has no duration.`;
  if (!packets.isPlain) return `The container describes the ${of} in a way that a copy could lose.`;
  if (!packets.isFullyPresented) return `An edit list hides a part of the ${of}.`;
  if (!packets.isOrdered) return `The times of the ${of} are not in order.`;
  return null;
}
