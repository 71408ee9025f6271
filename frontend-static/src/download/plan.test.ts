import { expect, it } from 'vitest';
import { downloadPlan } from './plan';

it('a few one after the other, many by the command line', () => {
  expect([1, 2, 20, 21].map(downloadPlan)).toEqual(['one', 'several', 'several', 'too_many']);
});
