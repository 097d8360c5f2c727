/** Colors of Display P3 for the white D50 of profiles (ICC.1:2022, with Bradford's adaptation). */
const COLORANTS = {
  rXYZ: [0.51512, 0.2412, -0.00105],
  gXYZ: [0.29198, 0.69225, 0.04189],
  bXYZ: [0.1571, 0.06657, 0.78407],
} as const;

const D50 = [0.9642, 1, 0.8249] as const;

const fixed = (values: readonly number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), index * 4);
  return bytes;
};

const typed = (type: string, content: Buffer) => Buffer.concat([Buffer.from(`${type}\0\0\0\0`, 'latin1'), content]);

/** A text of the type `mluc` in one language. */
function text(value: string): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(1, 0);
  head.writeUInt32BE(12, 4);
  head.write('enUS', 8, 'latin1');
  head.writeUInt32BE(value.length * 2, 12);
  head.writeUInt32BE(28, 16);
  return typed('mluc', Buffer.concat([head, Buffer.from(value, 'utf16le').swap16()]));
}

/** Returns the profile of Display P3, written from its definition. */
export function displayP3(): Buffer {
  // The curve of sRGB as function type 3.
  const curve = typed(
    'para',
    Buffer.concat([Buffer.from([0, 3, 0, 0]), fixed([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])]),
  );
  const tags: [string, Buffer][] = [
    ['desc', text('Display P3')],
    ['cprt', text('None')],
    ['wtpt', typed('XYZ ', fixed(D50))],
    ...Object.entries(COLORANTS).map(([name, value]): [string, Buffer] => [name, typed('XYZ ', fixed(value))]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name): [string, Buffer] => [name, curve]),
  ];
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length);
  const bodies: Buffer[] = [];
  let at = 128 + table.length;
  for (const [index, [name, body]] of tags.entries()) {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    table.write(name, 4 + index * 12, 'latin1');
    table.writeUInt32BE(at, 8 + index * 12);
    table.writeUInt32BE(body.length, 12 + index * 12);
    bodies.push(padded);
    at += padded.length;
  }
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x04300000, 8);
  head.write('mntrRGB XYZ ', 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  fixed(D50).copy(head, 68);
  return Buffer.concat([head, table, ...bodies]);
}
