// Numbers as people read them.

const grouped = new Intl.NumberFormat();
export const count = (n: number): string => grouped.format(n);

/** Decimal units, as disks and S3's prices count: 999 B, 88 KB, 4.1 MB, 98.2 GB. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  let value = n;
  let unit = '';
  for (const next of ['KB', 'MB', 'GB', 'TB', 'PB']) {
    value /= 1000;
    unit = next;
    if (value < 999.95) break;
  }
  return `${value < 100 && unit !== 'KB' ? value.toFixed(1) : Math.round(value).toString()} ${unit}`;
}

export function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  // Never 100 before it is all there.
  return part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100));
}

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

export function megapixels(width: number, height: number): string {
  return `${((width * height) / 1e6).toFixed(1)} MP`;
}

/** 0.008 -> 1/125 s, 2.5 -> 2.5 s */
export function exposure(seconds: number): string {
  if (seconds <= 0) return '';
  return seconds < 0.3 ? `1/${Math.round(1 / seconds)} s` : `${Number(seconds.toFixed(1))} s`;
}

export function coordinates(latitude: number, longitude: number): string {
  const side = (value: number, plus: string, minus: string) => `${Math.abs(value).toFixed(4)}° ${value < 0 ? minus : plus}`;
  return `${side(latitude, 'N', 'S')}, ${side(longitude, 'E', 'W')}`;
}

export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.01) return 'less than $0.01';
  return `$${amount.toFixed(2)}`;
}

/** 64 hex digits in eight groups. */
export function groups(hex: string): string[] {
  return hex.match(/.{1,8}/g) ?? [];
}

/** `IMG_2041.CR3` -> `CR3`; without an extension, what the media type says. */
export function typeLabel(fileName: string, contentType: string): string {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(fileName)?.[1];
  if (extension) return extension.toUpperCase();
  const sub = /^(?:image|video)\/(?:x-)?([a-z0-9]+)/i.exec(contentType)?.[1];
  return sub ? sub.toUpperCase() : 'FILE';
}
