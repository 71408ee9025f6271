// Files out of a drop, a picker or the clipboard, folders included.

export interface Found {
  file: File;
  path: string;
  /** What was dropped and holds it: an id of the journal's roots. */
  root?: string;
}

/** A dropped file or folder on its way through the walk. */
export interface Start {
  entry: FileSystemEntry | File;
  root?: string | undefined;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((done, failed) => entry.file(done, failed));

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // At most a hundred a call: asked until the answer is empty.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const BATCH = 200;
const BATCH_MS = 500;

/** Breadth first, in batches, so that the page stays alive and tells how far it is. What cannot be read is passed to `unreadable`. */
export async function* walk(starts: readonly Start[], unreadable: (path: string) => void): AsyncGenerator<Found[]> {
  let level: readonly Start[] = starts;
  let since = performance.now();
  while (level.length) {
    const next: Start[] = [];
    let batch: Found[] = [];
    for (const { entry, root } of level) {
      const from = root === undefined ? {} : { root };
      if (entry instanceof File) {
        batch.push({ file: entry, path: entry.name, ...from });
        continue;
      }
      const path = entry.fullPath.replace(/^\//, '');
      try {
        if (entry.isFile) batch.push({ file: await fileOf(entry as FileSystemFileEntry), path, ...from });
        else for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) next.push({ entry: child, root });
      } catch {
        unreadable(path);
      }
      if (batch.length >= BATCH || (batch.length > 0 && performance.now() - since > BATCH_MS)) {
        yield batch;
        batch = [];
        since = performance.now();
      }
    }
    if (batch.length) yield batch;
    level = next;
  }
}
