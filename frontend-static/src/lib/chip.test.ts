import { expect, it } from 'vitest';
import { chip, type ChipInput } from './chip';

const rest: ChipInput = { offline: false, failed: 0, left: 0, secondsLeft: null, received: 0, safe: 12431, unsafe: null, found: 0 };
const kind = (change: Partial<ChipInput>) => chip({ ...rest, ...change })?.kind;

it('says one thing, the most pressing', () => {
  expect(kind({ failed: 3, left: 5, received: 2, offline: true })).toBe('attention');
  expect(kind({ left: 5, received: 2 })).toBe('uploading');
  expect(kind({ received: 2 })).toBe('received');
  expect(kind({ left: 5, offline: true })).toBe('offline');
  expect(kind({})).toBe('safe');
  expect(kind({ found: 1 })).toBe('found');
  expect(chip({ ...rest, found: 2 })?.icon).not.toBe('shield-check');
  expect(chip({ ...rest, unsafe: '7 photos, not checked yet' })).toMatchObject({ kind: 'found', icon: 'triangle-alert', sentence: '7 photos, not checked yet. Show the status.' });
  expect(kind({ safe: 0 })).toBeUndefined();
});

it('never calls received safe', () => {
  expect(chip({ ...rest, received: 8 })?.text).toBe('8 received, not safe yet');
  expect(chip({ ...rest, received: 8 })?.icon).not.toBe('shield-check');
});
