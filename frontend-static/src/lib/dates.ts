// Wall times: `YYYY-MM-DDTHH:MM:SS.mmm` at the place of the photo. They are taken apart as text and never pass
// through a time zone that has summers; a Date is built from the parts, in UTC, only to ask Intl for names.

export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export function parseWall(taken: string): WallTime {
  const part = (from: number, to: number, low: number, high: number) => {
    const n = Number.parseInt(taken.slice(from, to), 10);
    return Number.isFinite(n) ? Math.min(high, Math.max(low, n)) : low;
  };
  return {
    year: part(0, 4, 1, 9999),
    month: part(5, 7, 1, 12),
    day: part(8, 10, 1, 31),
    hour: part(11, 13, 0, 23),
    minute: part(14, 16, 0, 59),
    second: part(17, 19, 0, 59),
  };
}

export const monthKey = (taken: string): string => taken.slice(0, 7);
export const dayKey = (taken: string): string => taken.slice(0, 10);

/** The month after `YYYY-MM`: the exclusive end of its interval. */
export function nextMonth(month: string): string {
  const { year, month: m } = parseWall(`${month}-01T00:00:00`);
  return m === 12 ? `${String(year + 1).padStart(4, '0')}-01` : `${String(year).padStart(4, '0')}-${String(m + 1).padStart(2, '0')}`;
}

function asDate(wall: WallTime): Date {
  const date = new Date(Date.UTC(2000, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second));
  date.setUTCFullYear(wall.year, wall.month - 1, wall.day);
  return date;
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(date: Date, options: Intl.DateTimeFormatOptions, locale?: string): string {
  const key = `${locale ?? ''}${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made.format(date);
}

const wallFormat = (wall: WallTime, options: Intl.DateTimeFormatOptions, locale?: string): string => format(asDate(wall), { ...options, timeZone: 'UTC' }, locale);

/** The same without the comma that some languages put after a weekday: it is a heading, not a sentence. */
function formatDay(wall: WallTime, options: Intl.DateTimeFormatOptions, locale?: string): string {
  return wallFormat(wall, options, locale).replace(/^(\p{L}+\.?),/u, '$1');
}

/** `November 2026` */
export function monthTitle(month: string, locale?: string): string {
  return wallFormat(parseWall(`${month}-01T12:00:00`), { month: 'long', year: 'numeric' }, locale);
}

/** `Tuesday 14 May` in the current year, `Tue 14 May 2019` otherwise. */
export function dayTitle(day: string, thisYear: number, locale?: string): string {
  const wall = parseWall(`${day}T12:00:00`);
  return wall.year === thisYear
    ? formatDay(wall, { weekday: 'long', day: 'numeric', month: 'long' }, locale)
    : formatDay(wall, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, locale);
}

/** `Tuesday 14 May 2019` */
export function fullDay(taken: string, locale?: string): string {
  return formatDay(parseWall(taken), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, locale);
}

/** `Tue 14 May 2019` */
export function shortDay(taken: string, locale?: string): string {
  return formatDay(parseWall(taken), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, locale);
}

/** `14 May 2019` */
export function plainDay(taken: string, locale?: string): string {
  return wallFormat(parseWall(taken), { day: 'numeric', month: 'long', year: 'numeric' }, locale);
}

/** `15:42` */
export function clock(taken: string, locale?: string): string {
  return wallFormat(parseWall(taken), { hour: '2-digit', minute: '2-digit' }, locale);
}

/** `15:42:07 +01:00`: as the photo says it, with the offset only where it is known. */
export function clockWithOffset(taken: string, offset: string | null | undefined): string {
  return offset ? `${taken.slice(11, 19)} ${offset}` : taken.slice(11, 19);
}

/** An instant (RFC 3339), in the viewer's own time: `21 November 2026, 18:03`. */
export function instant(at: string, locale?: string): string {
  return `${instantDay(at, locale)}, ${format(new Date(at), { hour: '2-digit', minute: '2-digit' }, locale)}`;
}

export function instantDay(at: string, locale?: string): string {
  return format(new Date(at), { day: 'numeric', month: 'long', year: 'numeric' }, locale);
}

/** An instant as the clocks here showed it: `2026-11-02T11:00:00.000+01:00`. A modification time is a wall time too. */
export function withOffset(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${new Date(at + minutes * 60_000).toISOString().slice(0, -1)}${minutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

const DAY_MS = 86_400_000;

/** Whole days until what was trashed may be removed: 30 at once, 1 on the last day, 0 when it is due. */
export function daysLeft(trashedAt: string, now: number, keepDays = 30): number {
  const end = Date.parse(trashedAt) + keepDays * DAY_MS;
  // The clock here may be behind the server's.
  return Math.min(keepDays, Math.max(0, Math.ceil((end - now) / DAY_MS)));
}

export function daysSince(at: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(at)) / DAY_MS));
}
