// What a drop holds, taken in the event itself. There from the start: a missed drop would lead away from the page.

export interface Taken {
  entry: FileSystemEntry | File;
  /** Outlives a reload, where the browser has such things. */
  handle: Promise<FileSystemHandle | null>;
}

/** Entries and handles must be taken in the event itself: afterwards the transfer is empty. */
export function takeEntries(transfer: DataTransfer): Taken[] {
  const taken: Taken[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const handle = (item as { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> }).getAsFileSystemHandle?.() ?? Promise.resolve(null);
    const entry = item.webkitGetAsEntry?.() ?? item.getAsFile();
    if (entry) taken.push({ entry, handle: handle.catch(() => null) });
  }
  return taken;
}

export const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes('Files') ?? false;
