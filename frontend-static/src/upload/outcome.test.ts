import { expect, it } from 'vitest';
import { outcomeOf } from './outcome';

it.each([
  [200, 'received'], [204, 'received'], [412, 'received'], [403, 'denied'], [400, 'mismatch'],
  [409, 'again'], [429, 'again'], [500, 'again'], [503, 'again'], [404, 'again'], [507, 'again'],
])('%i means %s', (status, kind) => expect(outcomeOf(status).kind).toBe(kind));
