import { expect, it } from 'vitest';
import { afterRemoval, changeOf, previewSize, renewed, wantsNewer, wantsOlder } from './strand';

it('adds older ones behind, and seats anew for everything else', () => {
  expect(changeOf(['a', 'b'], ['a', 'b'], 'a')).toEqual({ kind: 'none' });
  expect(changeOf(['a', 'b'], ['a', 'b', 'c'], 'a')).toEqual({ kind: 'append', from: 2 });
  expect(changeOf(['b', 'c'], ['a', 'b', 'c'], 'b')).toEqual({ kind: 'reseat', index: 1 });
  expect(changeOf(['a', 'b', 'c'], ['a', 'c'], 'c')).toEqual({ kind: 'reseat', index: 1 });
  expect(changeOf(['a'], ['b'], 'a')).toEqual({ kind: 'none' });
});

it('knows which pictures came anew', () => {
  const rec = (id: string, preview: 'ready' | 'pending', generation: string) => ({ id, preview, generation });
  const before = [rec('a', 'ready', '1'), rec('b', 'pending', '1'), rec('c', 'ready', '1')];
  expect(renewed(before, [rec('a', 'ready', '1'), rec('b', 'ready', '1'), rec('c', 'ready', '2'), rec('d', 'ready', '1')])).toEqual([1, 2]);
});

it('goes on with the older, else the newer', () => {
  expect([afterRemoval(['a', 'b', 'c'], 'b'), afterRemoval(['a', 'b'], 'b'), afterRemoval(['a'], 'a')]).toEqual(['c', 'a', null]);
});

it('asks for more before it runs out', () => {
  expect([wantsOlder(10, 20), wantsOlder(0, 500), wantsNewer(3), wantsNewer(100)]).toEqual([true, false, true, false]);
});

it('knows the size of a preview', () => {
  expect([previewSize(8192, 5464), previewSize(800, 600), previewSize(100, 4096)]).toEqual([{ width: 2048, height: 1366 }, { width: 800, height: 600 }, { width: 50, height: 2048 }]);
});
