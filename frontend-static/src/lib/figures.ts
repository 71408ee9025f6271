// Sizes, shares, what a camera was set to: numbers that are not needed before the first photo, and so loaded later.

/** With one digit behind the point, or whatever stands there in this language. */
const tenths = (n: number, locale?: string): string => n.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Decimal units, as disks and S3's prices count: 999 B, 88 KB, 4.1 MB, 98.2 GB. */
export function bytes(n: number, locale?: string): string {
  if (n < 1000) return `${n} B`;
  let value = n;
  let unit = '';
  for (const next of ['KB', 'MB', 'GB', 'TB', 'PB']) {
    value /= 1000;
    unit = next;
    if (value < 999.95) break;
  }
  return `${value < 100 && unit !== 'KB' ? tenths(value, locale) : Math.round(value)} ${unit}`;
}

export function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  // Never 100 before it is all there.
  return part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100));
}

export function megapixels(width: number, height: number): string {
  return `${tenths((width * height) / 1e6)} MP`;
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
