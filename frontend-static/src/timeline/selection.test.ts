import { expect, it } from 'vitest';
import { Selection } from './selection';

const order = ['a', 'b', 'c', 'd', 'e', 'f'];
const ids = (s: Selection) => [...s.ids].sort().join('');

it('toggles one by one', () => {
  expect(ids(new Selection().toggle('b').toggle('d').toggle('b'))).toBe('d');
});

it('a Shift interval replaces the one before and keeps earlier picks', () => {
  const picked = new Selection().toggle('f').toggle('b');
  expect(ids(picked.extend(order, 'd'))).toBe('bcdf');
  expect(ids(picked.extend(order, 'd').extend(order, 'a'))).toBe('abf');
  expect(ids(new Selection().extend(order, 'c'))).toBe('c');
});

it('a day is none, some or all', () => {
  const some = new Selection().toggle('a');
  expect([some.stateOf(['a', 'b']), some.toggleAll(['a', 'b']).stateOf(['a', 'b']), some.toggleAll(['a', 'b']).toggleAll(['a', 'b']).stateOf(['a', 'b'])]).toEqual(['some', 'all', 'none']);
});
