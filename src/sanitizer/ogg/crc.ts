/** Table of the checksum (RFC 3533, section 6): polynomial 0x04c11db7, neither reflected nor inverted, from zero. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** Computes the checksum of an Ogg page whose checksum field is zero. */
export function oggChecksum(page: Uint8Array): number {
  let value = 0;
  for (let at = 0; at < page.length; at++) value = (value << 8) ^ TABLE[(value >>> 24) ^ page[at]!]!;
  return value >>> 0;
}
