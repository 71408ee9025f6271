// Numbers as people read them.

const grouped = new Intl.NumberFormat();
export const count = (n: number): string => grouped.format(n);

/** `about 12 min`: seconds to 10, minutes to 1, hours to 0.5. */
export function eta(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '';
  if (seconds < 55) return `${Math.max(10, Math.ceil(seconds / 10) * 10)} s`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return `${Math.round(seconds / 1800) / 2} h`;
}

/** Shortens in the middle and keeps the end, where the number of a photo is. */
export function elide(name: string, max = 36): string {
  const letters = Array.from(name);
  if (letters.length <= max) return name;
  const tail = Math.min(12, Math.floor(max / 2));
  return `${letters.slice(0, max - tail - 1).join('').trimEnd()}…${letters.slice(-tail).join('').trimStart()}`;
}

/** `IMG_2041.CR3` -> `CR3`; without an extension, what the media type says. */
export function typeLabel(fileName: string, contentType: string): string {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(fileName)?.[1];
  if (extension) return extension.toUpperCase();
  const sub = /^(?:image|video)\/(?:x-)?([a-z0-9]+)/i.exec(contentType)?.[1];
  return sub ? sub.toUpperCase() : 'FILE';
}
