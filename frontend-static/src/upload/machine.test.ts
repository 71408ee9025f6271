import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOff, isFinal, MAX_TRIES, newItem, reduce, type Event, type Item, type PutOutcome } from './machine';

const file = { name: 'a.jpg', path: 'x/a.jpg', size: 1000, mtime: 1, type: 'image/jpeg' };
const request = { method: 'PUT', url: 'https://s3.example/x', headers: {}, expires_at: '2026-01-01T00:05:00Z' };
const now = { at: 5000, random: 0.5 };
const run = (events: Event[], item: Item = newItem('1', file)) => events.reduce((i, e) => reduce(i, e, now), item);
const put = (outcome: PutOutcome): Event => ({ type: 'put_done', outcome });

const toUploading: Event[] = [
  { type: 'hash_started' }, { type: 'hash_done', sha: 'ab' }, { type: 'lookup_started' }, { type: 'unknown' },
  { type: 'sign_started' }, { type: 'signed', request }, { type: 'put_started' },
];
const again = put({ kind: 'again', failure: { code: 'server', status: 503 } });
const resume: Event[] = [{ type: 'due' }, { type: 'sign_started' }, { type: 'signed', request }, { type: 'put_started' }];

describe('an upload', () => {
  it('is received when S3 has it and safe when the vault has it, one after the other', () => {
    const received = run([...toUploading, put({ kind: 'received' })]);
    expect(received.state).toBe('received');
    expect(reduce(received, { type: 'is_safe', kept: { preview: 'ready' } }, now)).toMatchObject({ state: 'safe', preview: 'ready' });
  });

  it('waits for the code that hashes, without end while there is no network', () => {
    const once = (item: Item, counts: boolean) => run([{ type: 'hash_started' }, { type: 'hash_later', counts }], item);
    let item = newItem('1', file);
    for (let i = 0; i < 100; i++) item = once(item, false);
    expect(item).toMatchObject({ state: 'queued', attempts: 0 });
    for (let i = 1; i < MAX_TRIES; i++) item = once(item, true);
    expect(item.state).toBe('queued');
    expect(once(item, true)).toMatchObject({ state: 'failed', failure: { code: 'network' } });
  });

  it('of what is known already sends nothing', () => {
    expect(run([...toUploading.slice(0, 3), { type: 'known', kept: {} }]).state).toBe('duplicate');
  });

  it('with an expired address is signed again at once, and given up at the third 403 in a row', () => {
    const once = run([...toUploading, put({ kind: 'denied' })]);
    expect(once).toMatchObject({ state: 'ready', denied: 1, attempts: 0 });
    const three = run([...toUploading, put({ kind: 'denied' }), ...resume.slice(1), put({ kind: 'denied' }), ...resume.slice(1), put({ kind: 'denied' })]);
    expect(three).toMatchObject({ state: 'failed', failure: { code: 'forbidden' } });
  });

  it('whose bytes do not match is hashed once more, then failed', () => {
    const first = run([...toUploading, put({ kind: 'mismatch' })]);
    expect(first).toMatchObject({ state: 'queued', rehashed: true });
    expect(first.sha).toBeUndefined();
    expect(run([...toUploading, put({ kind: 'mismatch' })], first)).toMatchObject({ state: 'failed', failure: { code: 'changed' } });
  });

  it('is tried eight times against a busy server, later and later', () => {
    let item = run(toUploading);
    for (let i = 1; i < MAX_TRIES; i++) {
      item = reduce(item, again, now);
      expect(item).toMatchObject({ state: 'retrying', attempts: i, retryAt: now.at + backOff(i, now.random) });
      item = run(resume, item);
    }
    expect(reduce(item, again, now)).toMatchObject({ state: 'failed', failure: { code: 'server', status: 503 } });
  });

  it('does not use up a try while offline or paused', () => {
    for (const kind of ['offline', 'aborted'] as const) expect(run([...toUploading, put({ kind })])).toMatchObject({ state: 'ready', attempts: 0, sentBytes: 0 });
  });

  it('can be cancelled until it is received', () => {
    expect(run([...toUploading, { type: 'cancel' }]).state).toBe('cancelled');
    expect(run([...toUploading, put({ kind: 'received' }), { type: 'cancel' }]).state).toBe('received');
  });

  it('without its file waits for it, and is not hashed twice', () => {
    const lost = run([...toUploading, { type: 'no_file' }]);
    expect(lost).toMatchObject({ state: 'needs_file', sha: 'ab' });
    expect(lost.request).toBeUndefined();
    expect(reduce(lost, { type: 'file_found' }, now)).toMatchObject({ state: 'hashed', sha: 'ab' });
    expect(run([{ type: 'hash_started' }, { type: 'no_file' }, { type: 'file_found' }]).state).toBe('queued');
    expect(run([...toUploading, put({ kind: 'received' }), { type: 'no_file' }]).state).toBe('received');
  });

  it('that was skipped as no photo can be kept anyway; an empty file cannot', () => {
    expect(reduce(newItem('1', file, 'notPhoto'), { type: 'keep_anyway' }, now).state).toBe('queued');
    expect(reduce(newItem('1', file, 'empty'), { type: 'keep_anyway' }, now).state).toBe('skipped');
  });
});

it('backs off 1, 2, 4 ... 60 s, a quarter more or less', () => {
  expect([1, 2, 3, 6, 7, 20].map((n) => backOff(n, 0.5))).toEqual([1000, 2000, 4000, 32000, 60000, 60000]);
  expect([backOff(1, 0), backOff(1, 0.999)]).toEqual([750, 1250]);
});

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.constantFrom<Event[]>(
    { type: 'hash_started' }, { type: 'hash_done', sha: 'ab' }, { type: 'hash_failed' }, { type: 'lookup_started' },
    { type: 'lookup_failed' }, { type: 'unknown' }, { type: 'known', kept: {} }, { type: 'sign_started' }, { type: 'sign_failed' },
    { type: 'signed', request }, { type: 'refused', words: 'no' }, { type: 'deleted' }, { type: 'put_started' }, { type: 'stale' },
    { type: 'due' }, { type: 'is_safe', kept: {} }, { type: 'cancel' }, { type: 'retry' }, { type: 'no_file' }, { type: 'file_found' },
    put({ kind: 'received' }), put({ kind: 'denied' }), put({ kind: 'mismatch' }), put({ kind: 'offline' }), put({ kind: 'aborted' }), again,
  ),
  fc.record({ type: fc.constant('put_progress' as const), bytes: fc.nat(5000) }),
);

describe('whatever happens', () => {
  it('what was received never looks unsent again, and what is safe was received or known', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let item = newItem('1', file);
        for (const event of events) {
          const before = item.state;
          item = reduce(item, event, now);
          if (before === 'received') expect(['received', 'safe']).toContain(item.state);
          if (before === 'safe' || before === 'duplicate') expect(item.state).toBe(before);
          if (item.state === 'safe' && before !== 'safe') expect(before).toBe('received');
          if (item.state === 'received' && before !== 'received') expect(before).toBe('uploading');
          expect(item.sentBytes).toBeLessThanOrEqual(item.size);
          expect(item.attempts).toBeLessThanOrEqual(MAX_TRIES);
          if (item.state !== 'signed' && item.state !== 'uploading') expect(item.request).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('every path can end: from any state a good network leads to safe, or it has ended already', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        let item = run(events);
        for (let i = 0; i < 3; i++) for (const event of [{ type: 'file_found' } as Event, { type: 'due' } as Event, { type: 'stale' } as Event, { type: 'lookup_failed' } as Event, { type: 'sign_failed' } as Event, ...toUploading, put({ kind: 'received' }), { type: 'is_safe', kept: {} } as Event]) item = reduce(item, event, now);
        expect(isFinal(item.state)).toBe(true);
      }),
    );
  });
});
