import { expect, it } from 'vitest';
import { target } from './navigate';

const spot = (id: string, x: number, y: number, w = 100) => ({ id, x, y, w, h: 100 });
const grid = [spot('a', 0, 0), spot('b', 104, 0, 200), spot('c', 308, 0), spot('d', 0, 104, 200), spot('e', 204, 104, 204), spot('f', 0, 300)];

it.each([
  ['b', 'left', 'a'], ['c', 'right', 'd'], ['a', 'left', null], ['f', 'right', null],
  ['a', 'down', 'd'], ['c', 'down', 'e'], ['e', 'up', 'c'], ['e', 'down', 'f'], ['f', 'up', 'd'], ['a', 'up', null],
  ['e', 'home', 'd'], ['d', 'end', 'e'], ['zzz', 'left', null],
] as const)('from %s %s is %s', (id, direction, to) => expect(target(grid, id, direction)).toBe(to));
