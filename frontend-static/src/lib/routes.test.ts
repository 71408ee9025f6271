import { describe, expect, it } from 'vitest';
import { parsePath, pathOf, safeReturn, type Route } from './routes';

const id = 'ab'.repeat(32);

describe('routes', () => {
  it('survive the way to a path and back', () => {
    const routes: Route[] = [
      { screen: 'timeline' }, { screen: 'timeline', photo: id }, { screen: 'trash' }, { screen: 'trash', photo: id },
      { screen: 'status' }, { screen: 'callback' },
    ];
    for (const route of routes) expect(parsePath(pathOf(route))).toEqual(route);
  });
  it('know what they do not know', () => {
    for (const path of ['/photo', '/photo/xyz', `/photo/${id}/`, `/photo/${id.toUpperCase()}`, '/index.html'])
      expect(parsePath(path)).toEqual({ screen: 'not_found' });
  });
  it('never lead off the page after sign-in', () => {
    expect(safeReturn(`/photo/${id}?x=1`)).toBe(`/photo/${id}`);
    for (const path of ['//evil.example', 'https://evil.example', '/\\evil', '/callback', '', null]) expect(safeReturn(path)).toBe('/');
  });
});
