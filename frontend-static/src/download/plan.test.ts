import { expect, it } from 'vitest';
import { downloadPlan } from './plan';

it('a few one after the other, and not too many at a time', () => {
  expect([1, 2, 20, 21].map(downloadPlan)).toEqual(['one', 'several', 'several', 'too_many']);
});
