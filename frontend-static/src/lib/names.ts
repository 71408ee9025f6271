// What a photo is called by a screen reader.
import type { Rec } from '../timeline/buckets';
import { clock, plainDay } from './dates';
import { typeLabel } from './format';
import { library } from '../timeline/library.svelte';
import { words } from './strings';

export function photoName(rec: Rec, more: readonly string[] = []): string {
  const parts = [words.tile.photo, plainDay(rec.taken), clock(rec.taken)];
  if (rec.camera) parts.push(rec.camera);
  if (rec.preview === 'none') parts.push(words.tile.noPreview(typeLabel(rec.name, rec.type)), rec.name);
  if (rec.preview === 'pending') parts.push(words.tile.pending);
  if (rec.doubted) parts.push(library.unchecked ? words.tile.unchecked : words.tile.doubted);
  return [...parts, ...more].join(', ');
}
