// Keep or skip, and why. By name and type alone: what a file really is, the processor finds out from its bytes.
import type { Skip } from './machine';

const SYSTEM = new Set(['.ds_store', 'thumbs.db', 'desktop.ini']);
const SIDECARS = new Set(['xmp', 'json', 'aae', 'thm']);
const KEPT = new Set(
  ('jpg jpeg jpe png gif webp heic heif avif jxl tif tiff bmp svg dng cr2 cr3 crw nef nrw arw sr2 raf orf rw2 pef srw rwl 3fr ' +
    'iiq mov mp4 m4v avi mkv webm mts m2ts 3gp mpg mpeg').split(' '),
);

export const ACCEPT =
  'image/*,image/heic,image/heif,video/*,.heic,.heif,.avif,.jxl,.dng,.cr2,.cr3,.nef,.arw,.raf,.orf,.rw2,.pef,.srw';

export function skipReason(file: { name: string; size: number; type: string }): Skip | undefined {
  const name = file.name.toLowerCase();
  if (SYSTEM.has(name) || name.startsWith('.')) return 'hidden';
  if (file.size === 0) return 'empty';
  const extension = /\.([a-z0-9]+)$/.exec(name)?.[1] ?? '';
  if (SIDECARS.has(extension)) return 'sidecar';
  if (KEPT.has(extension) || /^(image|video)\//.test(file.type)) return undefined;
  return 'notPhoto';
}

export function iconFor(item: { name: string; type: string }): string {
  const extension = /\.([a-z0-9]+)$/i.exec(item.name)?.[1]?.toLowerCase() ?? '';
  if (item.type.startsWith('video/') || /^(mov|mp4|m4v|avi|mkv|webm|mts|m2ts|3gp|mpe?g)$/.test(extension)) return 'film';
  if (/^(jpe?g|jpe|png|gif|webp|avif|heic|heif)$/.test(extension) || item.type.startsWith('image/')) return 'image';
  return KEPT.has(extension) ? 'file-image' : 'file-question-mark';
}
