// Files out of a drop, a picker or the clipboard, folders included.

export interface Found {
  file: File;
  path: string;
}

/** Entries must be taken in the event itself: afterwards the transfer is empty. */
export function takeEntries(transfer: DataTransfer): (FileSystemEntry | File)[] {
  const taken: (FileSystemEntry | File)[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry?.() ?? item.getAsFile();
    if (entry) taken.push(entry);
  }
  return taken;
}

export const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes('Files') ?? false;

export function fromInput(list: FileList): Found[] {
  return Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name }));
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

/** Breadth first, in batches, so that the page stays alive. What cannot be read is passed to `unreadable`. */
export async function* walk(entries: readonly (FileSystemEntry | File)[], unreadable: (path: string) => void): AsyncGenerator<Found[]> {
  let level: (FileSystemEntry | File)[] = [...entries];
  while (level.length) {
    const next: FileSystemEntry[] = [];
    let batch: Found[] = [];
    for (const entry of level) {
      if (entry instanceof File) {
        batch.push({ file: entry, path: entry.name });
        continue;
      }
      const path = entry.fullPath.replace(/^\//, '');
      try {
        if (entry.isFile) batch.push({ file: await fileOf(entry as FileSystemFileEntry), path });
        else next.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
      } catch {
        unreadable(path);
      }
      if (batch.length >= 200) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length) yield batch;
    level = next;
  }
}
