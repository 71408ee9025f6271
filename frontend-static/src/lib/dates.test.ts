import { describe, expect, it } from 'vitest';
import * as dates from './dates';

describe('wall times', () => {
  it('are read as they stand, whatever the zone and its summer time', () => {
    // 02:30 on this day does not exist in Vienna.
    expect(dates.clock('2024-03-31T02:30:00.000', 'en-GB')).toBe('02:30');
    expect(dates.dayKey('2024-03-31T02:30:00.000')).toBe('2024-03-31');
    expect(dates.fullDay('2019-05-14T23:59:59.999', 'en-GB')).toBe('Tuesday 14 May 2019');
    expect(dates.fullDay('2019-05-14T00:00:00.000', 'en-GB')).toBe('Tuesday 14 May 2019');
  });

  it('head a day with its weekday this year and with its year otherwise', () => {
    expect(dates.dayTitle('2026-11-21', 2026, 'en-GB')).toBe('Saturday 21 November');
    expect(dates.dayTitle('2019-05-14', 2026, 'en-GB')).toBe('Tue 14 May 2019');
  });

  it('survive years before 100 and nonsense', () => {
    expect(dates.monthTitle('0045-02', 'en-GB')).toContain('February');
    expect(dates.parseWall('garbage')).toMatchObject({ year: 1, month: 1, day: 1 });
  });

  it('end a month where the next begins', () => {
    expect(dates.nextMonth('2024-05')).toBe('2024-06');
    expect(dates.nextMonth('2024-12')).toBe('2025-01');
    expect(dates.nextMonth('0999-12')).toBe('1000-01');
  });
});

describe('days left in the trash', () => {
  const trashed = '2026-11-01T12:00:00Z';
  it.each([
    ['2026-11-01T12:00:00Z', 30],
    ['2026-11-01T12:00:01Z', 30],
    ['2026-11-28T12:00:00Z', 3],
    ['2026-12-01T11:59:59Z', 1],
    ['2026-12-01T12:00:00Z', 0],
    ['2027-01-01T00:00:00Z', 0],
  ])('at %s are %i', (now, days) => expect(dates.daysLeft(trashed, Date.parse(now))).toBe(days));
});

it('a modification time keeps the clock of this place', () => {
  expect(dates.withOffset(Date.UTC(2026, 10, 2, 10, 0, 0))).toBe('2026-11-02T11:00:00.000+01:00');
  expect(dates.withOffset(Date.UTC(2026, 6, 2, 10, 0, 0, 5))).toBe('2026-07-02T12:00:00.005+02:00');
});
