import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { Journal, MAX_KEPT } from './journal';
import { newItem, type State } from './machine';
import { rowOf } from './remember';

const row = (id: string, state: State = 'queued', user = 'ada') => rowOf({ ...newItem(id, { name: `${id}.jpg`, path: id, size: 3, mtime: 1, type: '' }), state }, user, undefined);
const file = (size = 3) => ({ size }) as File;
const open = async (user = 'ada') => {
  const broke = vi.fn();
  const journal = await Journal.open(user, broke);
  if (!journal) throw new Error('no journal');
  return { journal, broke };
};

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe('the journal', () => {
  it('gives back what was written, in the order found, to the same person only', async () => {
    const { journal } = await open();
    for (let i = 0; i < 450; i++) journal.put(row(`x-${String(i).padStart(6, '0')}`));
    journal.put(row('x-000003', 'received'));
    await journal.settled();
    journal.close();
    const again = (await open()).journal;
    const { rows } = await again.load();
    expect(rows).toHaveLength(450);
    expect(rows[3]).toMatchObject({ id: 'x-000003', state: 'received' });
    expect((await (await open('grace')).journal.load()).rows).toEqual([]);
  });

  it('keeps bytes until they are received, and forgets with the item', async () => {
    const { journal } = await open();
    for (const id of ['a', 'b']) {
      journal.put(row(id));
      expect(await journal.keep(id, file())).toBe(true);
    }
    await journal.settled();
    expect((await journal.load()).withBytes).toEqual(new Set(['a', 'b']));
    journal.put(row('a', 'received'));
    journal.forget(['b']);
    await journal.settled();
    const { rows, withBytes } = await journal.load();
    expect(rows.map((one) => one.id)).toEqual(['a']);
    expect(withBytes).toEqual(new Set());
  });

  it('keeps no more bytes than it may, and makes room again', async () => {
    const { journal } = await open();
    expect(await journal.keep('a', file(MAX_KEPT - 10))).toBe(true);
    expect(await journal.keep('b', file(11))).toBe(false);
    journal.put(row('a', 'received'));
    await journal.settled();
    expect(await journal.keep('b', file(11))).toBe(true);
  });

  it('forgets what was dropped before, and not what is being dropped', async () => {
    const { journal } = await open();
    const handle = {} as FileSystemHandle;
    await journal.addRoots([{ id: 'old', user: 'ada', handle }, { id: 'new', user: 'ada', handle }]);
    await journal.forgetRoots(new Set(['new']));
    expect([...(await journal.roots()).keys()]).toEqual(['new']);
  });

  it('that breaks says so once and holds nobody up', async () => {
    const { journal, broke } = await open();
    journal.close();
    journal.put(row('a'));
    await journal.settled();
    journal.put(row('b'));
    await journal.settled();
    expect(await journal.keep('a', file())).toBe(false);
    expect(broke).toHaveBeenCalledTimes(1);
  });
});
