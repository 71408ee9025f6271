// How many originals are fetched in which way.

export type Plan = 'one' | 'several' | 'folder' | 'zip' | 'too_much';

export const SEVERAL = 20;
/** Up to so many bytes an original is compared with its checksum before it is saved; the browser shows how far a larger one is. */
export const MOST_CHECKED = 64 * 2 ** 20;
/** A zip is put together in memory before it is saved. */
export const MOST_ZIPPED = 2 * 2 ** 30;

/** `bytes`: of all of them together. `folders`: the browser can write into a folder that the person chooses. */
export function downloadPlan(count: number, bytes: number, folders: boolean): Plan {
  if (count <= 1) return 'one';
  if (count <= SEVERAL) return 'several';
  if (folders) return 'folder';
  return bytes <= MOST_ZIPPED ? 'zip' : 'too_much';
}

/** Gives each name once: the second `a.jpg` is `a (2).jpg`. Case does not tell names apart, as on most disks. */
export class Names {
  private readonly taken = new Set<string>();

  give(wanted: string): string {
    const clean = wanted.replace(/[\u0000-\u001f/\\:*?"<>|]/g, '_').replace(/^\.+/, '').replace(/[. ]+$/, '') || 'photo';
    const dot = clean.lastIndexOf('.');
    const [stem, end] = dot > 0 ? [clean.slice(0, dot), clean.slice(dot)] : [clean, ''];
    let name = clean;
    for (let n = 2; this.taken.has(name.toLowerCase()); n++) name = `${stem} (${n})${end}`;
    this.taken.add(name.toLowerCase());
    return name;
  }
}
