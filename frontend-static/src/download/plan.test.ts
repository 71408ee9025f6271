import { expect, it } from 'vitest';
import { downloadPlan, MOST_ZIPPED, Names } from './plan';

it('a few one after the other; many into a folder, or where there are none into a zip that memory can hold', () => {
  expect([1, 2, 20, 21].map((n) => downloadPlan(n, 1, true))).toEqual(['one', 'several', 'several', 'folder']);
  expect([21, 5000].map((n) => downloadPlan(n, MOST_ZIPPED, false))).toEqual(['zip', 'zip']);
  expect(downloadPlan(21, MOST_ZIPPED + 1, false)).toBe('too_much');
});

it('gives each name once, and none that a disk refuses', () => {
  const names = new Names();
  expect(['a.jpg', 'A.JPG', 'a.jpg', 'a', '../../x', 'é 日本.jpg', '...', 'b:c?.jpg'].map((name) => names.give(name))).toEqual(['a.jpg', 'A (2).JPG', 'a (3).jpg', 'a', '_.._x', 'é 日本.jpg', 'photo', 'b_c_.jpg']);
});
