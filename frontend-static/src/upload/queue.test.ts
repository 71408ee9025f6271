import { describe, expect, it } from 'vitest';
import { newItem, type Item, type State } from './machine';
import { plan, pollDelay, wakeAt, type Flags, type Limits } from './queue';

const flags: Flags = { paused: false, offline: false, signedOut: false, apiRetryAt: 0, hashRetryAt: 0 };
const limits: Limits = { hashes: 2, puts: 4, ahead: 4 };
const item = (id: number, state: State, more: Partial<Item> = {}): Item => ({
  ...newItem(String(id), { name: `${id}.jpg`, path: '', size: 10, mtime: 0, type: 'image/jpeg' }), state, sha: `s${id}`, ...more,
});
const many = (n: number, state: State, more: Partial<Item> = {}) => Array.from({ length: n }, (_, i) => item(i, state, more));
const kinds = (items: Item[], change: Partial<Flags> = {}, now = 10_000) => plan(items, { ...flags, ...change }, limits, now);

describe('the queue', () => {
  it('hashes two at a time, in the order of the drop', () => {
    expect(kinds(many(5, 'queued'))).toEqual([{ kind: 'hash', id: '0' }, { kind: 'hash', id: '1' }]);
    expect(kinds(many(5, 'queued'), { hashRetryAt: 10_001 })).toEqual([]);
    expect(kinds([item(9, 'hashing'), item(8, 'hashing'), ...many(3, 'queued')])).toEqual([]);
  });

  it('gathers lookups for half a second, or a thousand, or until nothing is left to hash', () => {
    expect(kinds([...many(3, 'hashed', { hashedAt: 9_900 }), item(7, 'hashing')])).toEqual([]);
    expect(kinds([...many(3, 'hashed', { hashedAt: 9_400 }), item(7, 'hashing')])).toEqual([{ kind: 'lookup', ids: ['0', '1', '2'] }]);
    expect(kinds(many(3, 'hashed', { hashedAt: 9_990 }))).toEqual([{ kind: 'lookup', ids: ['0', '1', '2'] }]);
    const [effect] = kinds([...many(1500, 'hashed', { hashedAt: 9_990 }), item(2000, 'hashing')]);
    expect(effect?.kind === 'lookup' && effect.ids.length).toBe(1000);
  });

  it('signs only what starts soon, at most eight', () => {
    const [effect] = kinds(many(30, 'ready'));
    expect(effect).toEqual({ kind: 'sign', ids: ['0', '1', '2', '3', '4', '5', '6', '7'] });
    expect(kinds([...many(4, 'uploading'), ...many(4, 'signed', { signedAt: 9_999 }), ...many(9, 'ready')])).toEqual([]);
  });

  it('sends four at a time and signs again what waited too long', () => {
    expect(kinds(many(6, 'signed', { signedAt: 9_000 })).filter((e) => e.kind === 'put')).toHaveLength(4);
    expect(kinds([item(1, 'signed', { signedAt: 0 })], {}, 270_001)).toEqual([{ kind: 'stale', id: '1' }]);
  });

  it('sends the same bytes once: the twin waits for the first', () => {
    const twins = [item(1, 'uploading', { sha: 'x' }), item(2, 'hashed', { sha: 'x', hashedAt: 0 })];
    expect(kinds(twins)).toEqual([]);
    expect(kinds([item(1, 'safe', { sha: 'x' }), twins[1]!])).toEqual([{ kind: 'lookup', ids: ['2'] }]);
  });

  it('asks once for all twins of what is safe, and lets them wait for nothing that cannot go on', () => {
    const copies = [2, 3, 4].map((id) => item(id, 'hashed', { sha: 'x', hashedAt: 0 }));
    expect(kinds([item(1, 'safe', { sha: 'x' }), ...copies])).toEqual([{ kind: 'lookup', ids: ['2', '3', '4'] }]);
    expect(kinds([item(1, 'needs_file', { sha: 'x' }), ...copies])).toEqual([{ kind: 'lookup', ids: ['2'] }]);
    expect(kinds([2, 3, 4].map((id) => item(id, 'ready', { sha: 'x' })))).toEqual([{ kind: 'sign', ids: ['2'] }]);
  });

  it('lets the clock rest while a twin only waits', () => {
    expect(wakeAt([item(1, 'received', { sha: 'x' }), item(2, 'hashed', { sha: 'x', hashedAt: 0 })], flags, 10_000)).toBeNull();
  });

  it('starts nothing while paused, offline, signed out, or while the API rests', () => {
    const all = [...many(3, 'ready'), item(5, 'signed', { signedAt: 9_999 }), item(6, 'hashed', { hashedAt: 0 })];
    for (const change of [{ paused: true }, { offline: true }, { signedOut: true }]) expect(kinds(all, change)).toEqual([]);
    expect(kinds(all, { apiRetryAt: 20_000 })).toEqual([{ kind: 'put', id: '5' }]);
    expect(kinds([item(1, 'queued')], { offline: true })).toHaveLength(1);
  });

  it('knows when the clock will bring something', () => {
    expect(wakeAt([item(1, 'retrying', { retryAt: 12_000 }), item(2, 'hashed', { hashedAt: 9_900 })], flags, 10_000)).toBe(10_400);
    expect(wakeAt([item(1, 'uploading')], flags, 10_000)).toBeNull();
    expect(wakeAt([item(1, 'ready')], { ...flags, apiRetryAt: 11_000 }, 10_000)).toBe(11_000);
    expect(wakeAt([item(1, 'queued')], { ...flags, hashRetryAt: 11_000 }, 10_000)).toBe(11_000);
  });

  it('does not look again by itself while it is stopped: whatever ends that wakes it', () => {
    const all = [item(1, 'retrying', { retryAt: 9_000 }), item(2, 'hashed', { hashedAt: 0 }), item(3, 'ready')];
    expect(wakeAt(all, flags, 10_000)).not.toBeNull();
    for (const change of [{ paused: true }, { offline: true }, { signedOut: true }]) expect(wakeAt(all, { ...flags, ...change, apiRetryAt: 11_000 }, 10_000)).toBeNull();
    // What is hashed without a network is asked for again, unless a person paused it.
    expect(wakeAt([item(1, 'queued')], { ...flags, offline: true, hashRetryAt: 11_000 }, 10_000)).toBe(11_000);
    expect(wakeAt([item(1, 'queued')], { ...flags, paused: true, hashRetryAt: 11_000 }, 10_000)).toBeNull();
  });

  it('asks whether it is safe at 2, 3, 5, 8, 13, 21 and then every 30 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 99].map(pollDelay)).toEqual([2, 3, 5, 8, 13, 21, 30, 30].map((s) => s * 1000));
  });
});
