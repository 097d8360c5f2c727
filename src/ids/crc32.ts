/** CRC-32 (IEEE 802.3, reflected 0xEDB88320). `zlib.crc32` only exists from Node 20.15/22.2 on in types; eight lines suffice. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
