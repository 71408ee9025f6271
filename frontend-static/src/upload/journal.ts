// What must outlive the tab: which files are being backed up, how far each got, and, while there is room, their bytes.
// Any failure of the database ends the journal, not the upload: the tray then says that nothing is remembered.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Row } from './remember';

export interface Root {
  id: string;
  user: string;
  handle: FileSystemHandle;
}

interface Schema extends DBSchema {
  items: { key: string; value: Row; indexes: { user: string } };
  /** Bytes of what was not received yet, by item. */
  blobs: { key: string; value: { id: string; user: string; file: Blob } };
  roots: { key: string; value: Root };
}

const NAME = 'tintype-journal';
const BATCH = 200;
/** Bytes kept at most, in all. */
export const MAX_KEPT = 512e6;

export class Journal {
  private readonly pending = new Map<string, Row | null>();
  private writing: Promise<void> | null = null;
  private keptBytes = 0;
  private readonly kept = new Map<string, number>();

  private constructor(
    private readonly db: IDBPDatabase<Schema>,
    readonly user: string,
    private readonly broke: () => void,
  ) {}

  /** `broke` is called once if the browser will not remember (private windows, no room left). */
  static async open(user: string, broke: () => void): Promise<Journal | null> {
    try {
      const db = await openDB<Schema>(NAME, 1, {
        upgrade(fresh) {
          fresh.createObjectStore('items', { keyPath: 'id' }).createIndex('user', 'user');
          fresh.createObjectStore('blobs', { keyPath: 'id' });
          fresh.createObjectStore('roots', { keyPath: 'id' });
        },
      });
      return new Journal(db, user, broke);
    } catch {
      broke();
      return null;
    }
  }

  private dead = false;
  private fail(): void {
    if (this.dead) return;
    this.dead = true;
    this.pending.clear();
    this.broke();
  }

  /** In the order in which they were found; and which of them have their bytes here. */
  async load(): Promise<{ rows: Row[]; withBytes: Set<string> }> {
    try {
      const tx = this.db.transaction(['items', 'blobs']);
      const [rows, ids] = await Promise.all([tx.objectStore('items').index('user').getAll(this.user), tx.objectStore('blobs').getAllKeys()]);
      for (const row of rows) if (ids.includes(row.id)) this.count(row.id, row.size);
      return { rows: rows.sort((a, b) => (a.id < b.id ? -1 : 1)), withBytes: new Set(ids) };
    } catch {
      this.fail();
      return { rows: [], withBytes: new Set() };
    }
  }

  private count(id: string, size: number): void {
    this.kept.set(id, size);
    this.keptBytes += size;
  }
  private uncount(id: string): void {
    this.keptBytes -= this.kept.get(id) ?? 0;
    this.kept.delete(id);
  }

  /** Written at once if nothing is being written, else with the next batch. */
  put(row: Row): void {
    if (this.dead) return;
    this.pending.set(row.id, row);
    this.flush();
  }

  forget(ids: Iterable<string>): void {
    if (this.dead) return;
    for (const id of ids) this.pending.set(id, null);
    this.flush();
  }

  /** Resolves when everything said so far is on disk. */
  async settled(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private flush(): void {
    this.writing ??= this.write().finally(() => {
      this.writing = null;
      if (this.pending.size > 0 && !this.dead) this.flush();
    });
  }

  private async write(): Promise<void> {
    while (this.pending.size > 0) {
      const batch = [...this.pending].slice(0, BATCH);
      for (const [id] of batch) this.pending.delete(id);
      try {
        const tx = this.db.transaction(['items', 'blobs'], 'readwrite');
        const items = tx.objectStore('items'), blobs = tx.objectStore('blobs');
        for (const [id, row] of batch) {
          void (row ? items.put(row) : items.delete(id));
          // What S3 has, or nobody will send, needs its bytes no longer.
          if (!row || GONE.has(row.state)) {
            void blobs.delete(id);
            this.uncount(id);
          }
        }
        tx.commit();
        await tx.done;
      } catch {
        return this.fail();
      }
    }
  }

  /** Keeps a file's bytes, if there is room for them: then a reload loses nothing. */
  async keep(id: string, file: File): Promise<boolean> {
    if (this.dead || this.keptBytes + file.size > MAX_KEPT) return false;
    this.count(id, file.size);
    try {
      const { quota = Infinity, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
      if (quota - usage < 2 * file.size) throw new Error('no room');
      // Bytes of a file that is gone by now would be copied in vain.
      if (!this.kept.has(id)) return false;
      await this.db.put('blobs', { id, user: this.user, file });
      if (!this.kept.has(id)) await this.db.delete('blobs', id);
      return true;
    } catch {
      this.uncount(id);
      return false;
    }
  }

  async bytes(id: string): Promise<Blob | undefined> {
    try {
      return (await this.db.get('blobs', id))?.file;
    } catch {
      return undefined;
    }
  }

  async addRoots(roots: readonly Root[]): Promise<void> {
    try {
      const tx = this.db.transaction('roots', 'readwrite');
      for (const root of roots) void tx.store.put(root);
      await tx.done;
    } catch {
      // A browser that cannot store handles asks for the files again.
    }
  }

  async roots(): Promise<Map<string, Root>> {
    try {
      return new Map((await this.db.getAll('roots')).filter((root) => root.user === this.user).map((root) => [root.id, root]));
    } catch {
      return new Map();
    }
  }

  async forgetRoots(but: ReadonlySet<string> = new Set()): Promise<void> {
    for (const id of (await this.roots()).keys()) if (!but.has(id)) await this.db.delete('roots', id).catch(() => undefined);
  }

  close(): void {
    this.db.close();
  }
}

const GONE: ReadonlySet<Row['state']> = new Set<Row['state']>(['received', 'safe', 'duplicate', 'skipped', 'cancelled']);
