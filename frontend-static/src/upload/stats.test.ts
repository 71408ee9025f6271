import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newItem, type State } from './machine';
import { isIdle, leftToSend, stats } from './stats';
import { Throughput } from './throughput';

const STATES: State[] = ['queued', 'hashing', 'hashed', 'checking', 'ready', 'signing', 'signed', 'uploading', 'retrying', 'received', 'safe', 'duplicate', 'failed', 'skipped', 'cancelled', 'needs_file'];
const make = (state: State, i: number) => ({ ...newItem(String(i), { name: 'a', path: '', size: 100, mtime: 0, type: '' }), state });

it('the counts always add up', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATES)), (states) => {
      const s = stats(states.map(make));
      expect(s.safe + s.duplicate + s.received + s.active + s.waiting + s.failed + s.skipped + s.cancelled).toBe(s.found);
      expect(isIdle(s)).toBe(leftToSend(s) === 0 && s.received === 0);
      expect(s.safeBytes).toBe((s.safe + s.duplicate) * 100);
    }),
  );
});

it('time left is guessed after five seconds of transfer', () => {
  const t = new Throughput();
  for (let at = 0; at <= 4000; at += 500) t.sample(at * 1000, at);
  expect(t.secondsFor(1e6, 4000)).toBeNull();
  for (let at = 4500; at <= 10_000; at += 500) t.sample(at * 1000, at);
  expect(t.secondsFor(10e6, 10_000)).toBeCloseTo(10, 0);
  t.reset();
  expect(t.secondsFor(10e6, 20_000)).toBeNull();
});
