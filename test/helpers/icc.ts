import { crc32, deflateSync } from 'node:zlib';

/** Primaries of color spaces in XYZ with the white D50, in the order red, green, blue. */
export const PRIMARIES = {
  sRGB: [
    [0.4361, 0.2225, 0.0139],
    [0.3851, 0.7169, 0.0971],
    [0.1431, 0.0606, 0.7141],
  ],
  'Display P3': [
    [0.5151, 0.2412, -0.0011],
    [0.292, 0.6922, 0.0419],
    [0.1571, 0.0666, 0.7841],
  ],
  'Adobe RGB': [
    [0.6097, 0.3111, 0.0195],
    [0.2053, 0.6257, 0.0609],
    [0.1492, 0.0632, 0.7446],
  ],
} as const;

const fixed = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 4 * index);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The curve of sRGB as parameters, and the curve of Adobe RGB as a power. */
const CURVES = {
  sRGB: Buffer.concat([
    Buffer.from('para\0\0\0\0\0\x03\0\0'),
    fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
  ]),
  'Adobe RGB': Buffer.from('curv\0\0\0\0\0\0\0\x01\x02\x33\0\0', 'latin1'),
};

/** Returns an ICC profile with a matrix. */
export function makeProfile(name: keyof typeof PRIMARIES): Buffer {
  const curve = name === 'Adobe RGB' ? CURVES['Adobe RGB'] : CURVES.sRGB;
  const xyz = PRIMARIES[name].map((values) => Buffer.concat([Buffer.from('XYZ \0\0\0\0'), fixed(...values)]));
  const data = ['rXYZ', 'gXYZ', 'bXYZ'].map((tag, index) => [tag, xyz[index]!] as const);
  const tags = [...data, ...['rTRC', 'gTRC', 'bTRC'].map((tag) => [tag, curve] as const)];
  const header = Buffer.alloc(128);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  const table: Buffer[] = [u32(tags.length)];
  let at = header.length + 4 + 12 * tags.length;
  for (const [tag, bytes] of tags) {
    table.push(Buffer.from(tag), u32(at), u32(bytes.length));
    at += bytes.length;
  }
  const profile = Buffer.concat([header, ...table, ...tags.map(([, bytes]) => bytes)]);
  profile.writeUInt32BE(profile.length);
  return profile;
}

/** Adds a profile to a JPEG. */
export function jpegWith(jpeg: Buffer, profile: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe2]), length, content, jpeg.subarray(2)]);
}

/** Adds a profile to a PNG, behind its header. */
export function pngWith(png: Buffer, profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('iCCPname\0\0', 'latin1'), deflateSync(profile)]);
  const header = 8 + 25;
  const chunk = Buffer.concat([u32(body.length - 4), body, u32(crc32(body))]);
  return Buffer.concat([png.subarray(0, header), chunk, png.subarray(header)]);
}

type Rgb = readonly [number, number, number];

/** Returns the sRGB of a color in another color space, as exactly as 8 bits allow. */
export function exactSrgb(color: Rgb, name: keyof typeof PRIMARIES): Rgb {
  const decode = (value: number) =>
    name === 'Adobe RGB' ? value ** 2.2 : value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const encode = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
  const linear = color.map((value) => decode(value / 255));
  const xyz = [0, 1, 2].map((axis) =>
    PRIMARIES[name].reduce((sum, primary, index) => sum + primary[axis]! * linear[index]!, 0),
  );
  // From XYZ with the white D50 to linear sRGB (ICC, "How to interpret the sRGB color space").
  const rows = [
    [3.1338561, -1.6168667, -0.4906146],
    [-0.9787684, 1.9161415, 0.033454],
    [0.0719453, -0.2289914, 1.4052427],
  ];
  return rows.map((row) => {
    const value = row.reduce((sum, factor, axis) => sum + factor * xyz[axis]!, 0);
    return Math.round(255 * encode(Math.min(1, Math.max(0, value))));
  }) as unknown as Rgb;
}
