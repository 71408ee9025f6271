import { expect, it } from 'vitest';
import { newItem, type Item, type State } from './machine';
import { rowText, sorted } from './words';

const item = (state: State, more: Partial<Item> = {}): Item => ({ ...newItem('1', { name: 'a.CR3', path: '', size: 100, mtime: 0, type: '' }), state, ...more });
const STATES: State[] = ['queued', 'hashing', 'hashed', 'checking', 'ready', 'signing', 'signed', 'uploading', 'retrying', 'received', 'safe', 'duplicate', 'failed', 'skipped', 'cancelled', 'needs_file'];

it('only what is safe has the shield', () => {
  for (const state of STATES) expect(rowText(item(state), 0).icon === 'shield-check').toBe(state === 'safe' || state === 'duplicate');
});

it('says why', () => {
  expect(rowText(item('failed', { failure: { code: 'unreadable' } }), 0)).toMatchObject({ strong: 'Failed:', text: ' the file was moved, changed or is not readable' });
  expect(rowText(item('safe', { preview: 'none', previewReason: 'unsupported' }), 0)).toMatchObject({ strong: 'Safe', text: ', no preview: we cannot show CR3 yet' });
  expect(rowText(item('received', { receivedAt: 0 }), 30 * 60_000).text).toBe('S3 has it. Safe is taking longer than usual.');
  expect(rowText(item('received', { waits: true }), 0)).toMatchObject({ tint: 'warn', text: 'Received. Waits for a repair' });
  expect(rowText(item('retrying', { retryAt: 8000, failure: { code: 'server', status: 503 } }), 0).text).toBe('Trying again in 8 s: the server answered 503');
  expect(rowText(item('failed', { failure: { code: 'full' } }), 0).text).toBe(' the disk that photos are kept on is full. Free some space on it');
});

it('lists failed first, then active, waiting, received, and what ended last, newest first', () => {
  const list = (['safe', 'queued', 'safe', 'received', 'uploading', 'failed'] as State[]).map((state, i) => ({ ...item(state), id: String(i) }));
  expect(sorted(list).map((i) => i.id)).toEqual(['5', '4', '1', '3', '2', '0']);
});
