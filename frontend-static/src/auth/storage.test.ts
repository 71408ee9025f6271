import { beforeEach, describe, expect, it } from 'vitest';
import { AuthStorage, claims, expiresAt, isFresh, type Store } from './storage';

class Memory implements Store {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
  removeItem = (key: string) => void this.items.delete(key);
}

let tab: Memory, device: Memory, storage: AuthStorage;
beforeEach(() => {
  tab = new Memory();
  device = new Memory();
  storage = new AuthStorage(tab, device);
});

describe('the refresh token', () => {
  it('lives in the tab unless the person asked to be kept', () => {
    storage.saveRefreshToken('r1', false);
    expect([...device.items.values()]).not.toContain('r1');
    expect(storage.refreshToken()).toBe('r1');
    storage.saveRefreshToken('r2', true);
    expect([...tab.items.values()]).not.toContain('r1');
    expect(new AuthStorage(new Memory(), device).refreshToken()).toBe('r2');
  });
  it('is gone after signing out, and so is the wish to be signed in again', () => {
    storage.saveRefreshToken('r', true);
    storage.forget('r');
    storage.forgetVisit();
    expect([storage.refreshToken(), storage.wasHere()]).toEqual([null, false]);
  });
  it('that the device keeps for somebody else outlives the end of another in a tab', () => {
    new AuthStorage(new Memory(), device).saveRefreshToken('theirs', true);
    tab.setItem('tintype.refresh', 'mine');
    storage.forget(storage.refreshToken());
    expect([tab.items.has('tintype.refresh'), storage.refreshToken()]).toEqual([false, 'theirs']);
  });
  it('that another tab got meanwhile outlives the end of the one before', () => {
    storage.saveRefreshToken('old', true);
    const refused = storage.refreshToken();
    new AuthStorage(new Memory(), device).saveRefreshToken('new', true);
    storage.forget(refused);
    expect(storage.refreshToken()).toBe('new');
  });
});

it('what a sign-in under way needs can be taken once, by its own state', () => {
  storage.savePending('s1', { verifier: 'v', nonce: 'n', returnTo: '/status', keep: false });
  expect(storage.takePending('s2')).toBeNull();
  expect(storage.takePending('s1')?.returnTo).toBe('/status');
  expect(storage.takePending('s1')).toBeNull();
});

it('a token is renewed a minute before it ends', () => {
  const end = expiresAt(3600, 0);
  expect([isFresh(end, 0), isFresh(end, 3_539_999), isFresh(end, 3_540_000)]).toEqual([true, true, false]);
});

it('claims are read leniently', () => {
  const token = `x.${btoa(JSON.stringify({ sub: 'ada' }))}.y`;
  expect(claims(token)).toEqual({ sub: 'ada' });
  expect(claims('junk')).toEqual({});
});
