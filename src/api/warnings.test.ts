import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { anyCharacter } from '../../testkit/any-character.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { createBody } from '../contract/transcodes.ts';
import { unknownFields } from './warnings.ts';

describe('warnings of unknown fields', () => {
  it('name the field with its path, at any depth', () => {
    const body = {
      inputs: [{ url: 'x' }, { url: 'y', Url: 'z', options: [{ option: '-an', arg: 1 }] }],
      outputFormat: 'mp4',
      preset: { qualitiy: 'high' },
      output_format: 'mp4',
    };
    expect(unknownFields(createBody, body)).toEqual([
      { field: 'inputs[1].Url', message: 'Unknown field, ignored. Did you mean "url"?' },
      { field: 'inputs[1].options[0].arg', message: 'Unknown field, ignored. Did you mean "argument"?' },
      { field: 'preset.qualitiy', message: 'Unknown field, ignored. Did you mean "quality"?' },
      { field: 'output_format', message: 'Unknown field, ignored. Did you mean "outputFormat"?' },
    ]);
  });

  it('do not name the fields of free-form objects', () => {
    const body = { inputs: [], outputFormat: 'mp4', metadata: { anything: { goes: 1 } } };
    expect(unknownFields(createBody, body)).toEqual([]);
  });

  it('name fields that are called like methods of objects', () => {
    const names = JSON.parse('{"constructor":1,"toString":2,"hasOwnProperty":3,"__proto__":4}');
    expect(unknownFields(createBody, names).map(({ field }) => field)).toEqual(Object.keys(names));
  });

  it('are at most fifty plus a count of the rest, are short, and can be stored, for any body', () => {
    const schema = z.object({ known: z.number() });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: anyCharacter, maxLength: 300 }), fc.anything()), (body) => {
        const found = unknownFields(schema, body);
        expect(found.length).toBeLessThanOrEqual(51);
        for (const { field } of found) {
          expect(field.length).toBeLessThanOrEqual(200);
          expect(field).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        }
      }),
    );
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`field${index}`, 1]));
    const found = unknownFields(schema, many);
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toEqual({ field: 'body', message: '30 more unknown fields were ignored.' });
    expect(unknownFields(schema, { [`${'x'.repeat(199)}🎬`]: 1 })[0]!.field).toBe(`${'x'.repeat(199)}\ufffd`);
  });
});

describe('the nearest name', () => {
  it.each([
    ['outputFromat', 'outputFormat'],
    ['OUTPUT_FORMAT', 'outputFormat'],
    ['input', 'inputs'],
    ['colour', null],
    ['', null],
  ])('to %j is %j', (name, expected) => {
    expect(nearestName(name, ['inputs', 'outputFormat', 'preset'])).toBe(expected);
  });

  it('is the name itself if it is a known name', () => {
    expect(nearestName('inputs', ['input', 'inputs'])).toBe('inputs');
  });
});
