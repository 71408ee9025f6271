import { expect, it } from 'vitest';
import { iconFor, skipReason } from './classify';

const at = (name: string, type = '', size = 1) => skipReason({ name, type, size });

it.each([
  ['IMG_1.JPG', undefined], ['a.CR3', undefined], ['clip.MOV', undefined], ['IMG.xmp', 'sidecar'], ['x.AAE', 'sidecar'],
  ['.DS_Store', 'hidden'], ['Thumbs.db', 'hidden'], ['._IMG_1.JPG', 'hidden'], ['notes.pdf', 'notPhoto'], ['photo', 'notPhoto'],
])('%s: %s', (name, reason) => expect(at(name)).toBe(reason));

it('looks at the type where the name says nothing, and lists what is empty', () => {
  expect(at('photo', 'image/jpeg')).toBeUndefined();
  expect(at('IMG_1.JPG', 'image/jpeg', 0)).toBe('empty');
});

it('has an icon for each', () => {
  expect([iconFor({ name: 'a.mp4', type: '' }), iconFor({ name: 'a.CR3', type: '' }), iconFor({ name: 'a.jpg', type: '' }), iconFor({ name: 'a.pdf', type: 'application/pdf' })]).toEqual(['film', 'file-image', 'image', 'file-question-mark']);
});
