import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newItem, type Item, type State } from './machine';
import { isNews, nameKey, pathKey, revive, rowOf } from './remember';

const STATES: State[] = ['queued', 'hashing', 'hashed', 'checking', 'ready', 'signing', 'signed', 'uploading', 'retrying', 'received', 'safe', 'duplicate', 'failed', 'skipped', 'cancelled', 'needs_file'];
const file = { name: 'a.jpg', path: 'x/a.jpg', size: 1000, mtime: 1, type: 'image/jpeg' };
const item = (state: State, more: Partial<Item> = {}): Item => ({ ...newItem('1', file), state, ...more });

describe('after a reload', () => {
  it('what S3 has is received still, and what is safe is safe', () => {
    for (const state of ['received', 'safe', 'duplicate', 'skipped', 'cancelled', 'failed'] as const) expect(revive(rowOf(item(state, { sha: 'ab' }), 'ada', undefined)).state).toBe(state);
    expect(revive(rowOf(item('received', { sha: 'ab', receivedAt: 5 }), 'ada', undefined))).toMatchObject({ sentBytes: 1000, receivedAt: 5 });
  });

  it('what was hashed is looked up before anything is sent, and is not hashed again', () => {
    for (const state of ['hashed', 'checking', 'ready', 'signing', 'signed', 'uploading', 'retrying', 'needs_file'] as const)
      expect(revive(rowOf(item(state, { sha: 'ab', sentBytes: 600, request: { method: 'PUT', url: 'https://x', headers: {}, expires_at: '' } }), 'ada', 'r'))).toMatchObject({ state: 'hashed', sha: 'ab', sentBytes: 0 });
    for (const state of ['queued', 'hashing'] as const) expect(revive(rowOf(item(state), 'ada', undefined)).state).toBe('queued');
  });

  it('no signed address and no progress is kept', () => {
    const row = rowOf(item('uploading', { sha: 'ab', sentBytes: 600, request: { method: 'PUT', url: 'https://secret', headers: {}, expires_at: '' }, signedAt: 3 }), 'ada', undefined);
    expect(JSON.stringify(row)).not.toMatch(/secret|sentBytes|signedAt/);
    expect(row.user).toBe('ada');
  });

  it('a row of a row is the same row', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), fc.option(fc.constant('ab'), { nil: undefined }), (state, sha) => {
        const once = rowOf(revive(rowOf(item(state, sha ? { sha } : {}), 'ada', 'r')), 'ada', 'r');
        expect(rowOf(revive(once), 'ada', 'r')).toEqual(once);
      }),
    );
  });
});

it('progress and waiting are not worth a write; what would be lost is', () => {
  expect(isNews(item('uploading', { sentBytes: 1 }), item('uploading', { sentBytes: 2 }))).toBe(false);
  expect(isNews(item('hashed'), item('checking'))).toBe(false);
  expect(isNews(item('ready'), item('signing'))).toBe(false);
  expect(isNews(item('hashing'), item('hashed'))).toBe(true);
  expect(isNews(item('uploading'), item('received'))).toBe(true);
  expect(isNews(item('safe', { preview: 'pending' }), item('safe', { preview: 'ready' }))).toBe(true);
  expect(isNews(item('failed'), item('queued'))).toBe(true);
});

it('a file is the same by where it lay or by its name, with its size and time', () => {
  expect(pathKey(file)).not.toBe(pathKey({ ...file, size: 1001 }));
  expect(nameKey(file)).not.toBe(nameKey({ ...file, mtime: 2 }));
});
