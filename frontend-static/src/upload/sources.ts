// Where the bytes of an item are: the file that was dropped, a copy in the journal, or a handle that may be read again.
import type { Item } from './machine';
import type { Journal, Root } from './journal';
import type { Taken } from './take';
import type { Start } from './walk';

interface Permits {
  queryPermission?(options: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

async function fileAt(root: FileSystemHandle, path: string): Promise<File> {
  if (root.kind === 'file') return (root as FileSystemFileHandle).getFile();
  let folder = root as FileSystemDirectoryHandle;
  // The path begins with the folder itself.
  const parts = path.split('/').slice(1);
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
  return (await folder.getFileHandle(parts[parts.length - 1] ?? '')).getFile();
}

export class Sources {
  private readonly files = new Map<string, File>();
  private readonly rootOfItem = new Map<string, string>();
  private roots = new Map<string, Root>();
  /** Items whose bytes are in the journal. */
  private kept = new Set<string>();
  private readonly toKeep: string[] = [];
  private keeping = false;

  constructor(
    private readonly journal: Journal | null,
    /** Whether an item's bytes are still wanted. */
    private readonly wanted: (id: string) => boolean,
  ) {}

  add(id: string, file: File, root?: string): void {
    this.files.set(id, file);
    if (root) this.rootOfItem.set(id, root);
    this.toKeep.push(id);
    void this.keepSome();
  }

  drop(id: string): void {
    this.files.delete(id);
    this.rootOfItem.delete(id);
    this.kept.delete(id);
  }

  /** What was dropped since the page was opened. */
  fresh = (): ReadonlySet<string> => new Set(this.roots.keys());
  rootOf = (id: string): string | undefined => this.rootOfItem.get(id);
  /** Whether the bytes are here without asking anyone. */
  has = (id: string): boolean => this.files.has(id) || this.kept.has(id);
  /** Whether a reload would find the bytes again. */
  survives = (id: string): boolean => this.kept.has(id) || this.rootOfItem.has(id);

  async restored(withBytes: ReadonlySet<string>, roots: Iterable<[id: string, root: string]>): Promise<void> {
    this.kept = new Set(withBytes);
    this.roots = new Map([...((await this.journal?.roots()) ?? new Map()), ...this.roots]);
    for (const [id, root] of roots) if (this.roots.has(root)) this.rootOfItem.set(id, root);
  }

  /** One copy after the other, so that the disk is not the bottleneck of the upload. */
  private async keepSome(): Promise<void> {
    if (this.keeping || !this.journal) return;
    this.keeping = true;
    for (let id = this.toKeep.shift(); id !== undefined; id = this.toKeep.shift()) {
      const file = this.files.get(id);
      if (file && this.wanted(id) && (await this.journal.keep(id, file))) this.kept.add(id);
    }
    this.keeping = false;
  }

  async get(item: Item): Promise<Blob | undefined> {
    const here = this.files.get(item.id) ?? (this.kept.has(item.id) ? await this.journal?.bytes(item.id) : undefined);
    if (here) return here;
    const root = this.roots.get(this.rootOfItem.get(item.id) ?? '');
    if (!root || (await permission(root.handle)) !== 'granted') return undefined;
    try {
      const file = await fileAt(root.handle, item.path);
      // A file that changed since is another file.
      if (file.size !== item.size || file.lastModified !== item.mtime) return undefined;
      return file;
    } catch {
      return undefined;
    }
  }

  /** Whether there is a handle that only lacks the person's word. */
  async mayAsk(id: string): Promise<boolean> {
    const root = this.roots.get(this.rootOfItem.get(id) ?? '');
    return root !== undefined && (await permission(root.handle)) !== 'denied';
  }

  async granted(id: string): Promise<boolean> {
    const root = this.roots.get(this.rootOfItem.get(id) ?? '');
    return root !== undefined && (await permission(root.handle)) === 'granted';
  }

  /** Asks once for each thing that was dropped; only in answer to a click. */
  async askForAll(): Promise<void> {
    for (const { handle } of this.roots.values()) await (handle as Permits).requestPermission?.({ mode: 'read' }).catch(() => 'denied');
  }

  async takeRoots(user: string, taken: readonly Taken[]): Promise<Start[]> {
    const handles = await Promise.all(taken.map(({ handle }) => handle));
    const fresh: Root[] = [];
    const starts = taken.map(({ entry }, i): Start => {
      const handle = handles[i];
      if (!handle) return { entry };
      const root = { id: crypto.randomUUID(), user, handle };
      fresh.push(root);
      return { entry, root: root.id };
    });
    for (const root of fresh) this.roots.set(root.id, root);
    await this.journal?.addRoots(fresh);
    return starts;
  }
}

const permission = (handle: FileSystemHandle): Promise<PermissionState> => (handle as Permits).queryPermission?.({ mode: 'read' }) ?? Promise.resolve('granted');
