import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isGuessed, knownPreviewReasons, knownSources, previewReason, refusedReason, takenSource } from './reasons';

interface Enum {
  enum?: string[];
  oneOf?: { const?: string; enum?: string[] }[];
}
const { components } = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as { components: { schemas: Record<string, Enum> } };
const valuesOf = (name: string): string[] => {
  const schema = components.schemas[name];
  return schema?.enum ?? schema?.oneOf?.flatMap((one) => one.enum ?? (one.const ? [one.const] : [])) ?? [];
};

describe('every code of the API has its words', () => {
  it('why there is no preview', () => {
    expect(valuesOf('PreviewReason').length).toBeGreaterThan(0);
    expect(knownPreviewReasons().sort()).toEqual(valuesOf('PreviewReason').sort());
  });
  it('where a time comes from', () => expect(knownSources().sort()).toEqual(valuesOf('TakenSource').sort()));
  it('why a file is refused', () => {
    for (const code of valuesOf('RefusedReason')) expect(refusedReason(code)).not.toBe(code);
  });
});

it('a code that is new here is shown as it is', () => {
  expect(previewReason('cursed', 'CR3')).toBe('No preview (cursed)');
  expect(previewReason('unsupported', 'CR3')).toBe('We cannot show CR3 yet');
  expect(previewReason('not_an_image', 'MP4')).toBe('MP4 is a film; we keep it and cannot show it yet');
  expect([takenSource('exif'), takenSource('dream'), isGuessed('modified'), isGuessed('exif')]).toEqual(['from the camera', 'dream', true, false]);
});
