import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PhotoSummary } from '../api/types';
import { compare, Library, type Span } from './buckets';
import { Part } from './parts';
import { land, reach, rise, trim } from './islands';
import { nextSpan } from './prefetch';

let made = 0;
const photo = (taken: string, id = String(made++).padStart(64, '0')): PhotoSummary => ({
  photo_id: id, generation: 'G', state: 'stored', doubted: false, preview: 'ready', taken, taken_source: 'exif', width: 3, height: 2, file_name: 'a.jpg', content_type: 'image/jpeg', size: 1,
});

/** An API over a list: pages by cursor (an index), like the real one. */
class Server {
  constructor(public photos: PhotoSummary[]) {}
  private sorted = () => [...this.photos].sort((a, b) => compare({ taken: a.taken, id: a.photo_id }, { taken: b.taken, id: b.photo_id }));
  counts() {
    const months = new Map<string, number>();
    for (const p of this.sorted()) months.set(p.taken.slice(0, 7), (months.get(p.taken.slice(0, 7)) ?? 0) + 1);
    return [...months].map(([month, count]) => ({ month, count, bytes: count }));
  }
  list(span: Span, limit: number) {
    const inside = (span.order === 'asc' ? this.sorted().reverse() : this.sorted()).filter((p) => (!span.from || p.taken >= span.from) && (!span.to || p.taken < span.to));
    const start = span.cursor ? inside.findIndex((p) => p.taken + p.photo_id === span.cursor) + 1 : 0;
    const page = inside.slice(start, start + limit);
    const last = page[page.length - 1];
    return { photos: page, next: last && start + limit < inside.length ? last.taken + last.photo_id : null };
  }
}

const time = fc.tuple(fc.integer({ min: 2020, max: 2024 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3 })).map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-0${d}T10:00:00.000`);

function loadAll(library: Library, server: Server, limit: number) {
  let requests = 0;
  for (;;) {
    const span = nextSpan(library, library.parts.findIndex((m) => !m.complete), library.parts.length - 1, limit);
    if (!span) return requests;
    const { photos, next } = server.list(span, limit);
    library.accept(span, photos, next);
    expect(++requests).toBeLessThan(1000);
  }
}

describe('the library', () => {
  it('read to its end holds every photo once, in order, and asks nothing more', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 120 }), fc.integer({ min: 1, max: 50 }), (times, limit) => {
        const server = new Server(times.map((t) => photo(t)));
        const library = new Library();
        library.setCounts(server.counts());
        const first = server.list({}, limit);
        library.accept({}, first.photos, first.next);
        loadAll(library, server, limit);
        const ids = library.parts.flatMap((m) => m.photos.map((p) => p.id));
        expect(ids).toEqual(server.list({}, 1e6).photos.map((p) => p.photo_id));
        expect(library.complete).toBe(true);
        expect(library.count).toBe(times.length);
        expect(nextSpan(library, 0, library.parts.length - 1, limit)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('finds what the counts did not tell of', () => {
    const server = new Server([photo('2024-05-01T10:00:00.000'), photo('2021-01-01T10:00:00.000'), photo('2019-01-01T10:00:00.000')]);
    const library = new Library();
    library.setCounts([{ month: '2024-05', count: 7, bytes: 0 }]);
    loadAll(library, server, 10);
    expect(library.count).toBe(3);
  });

  it('read again after photos came and went is what the server has', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 60 }), fc.array(time, { maxLength: 10 }), fc.nat(5), (before, added, gone) => {
        const server = new Server(before.map((t) => photo(t)));
        const library = new Library();
        library.setCounts(server.counts());
        loadAll(library, server, 20);
        server.photos = [...server.photos.slice(gone), ...added.map((t) => photo(t))];
        library.setCounts(server.counts());
        for (const bucket of library.parts.filter((m) => m.stale)) {
          const { photos } = server.list({ from: bucket.from, to: bucket.to }, 1e6);
          library.replace(bucket, photos, null);
        }
        loadAll(library, server, 20);
        // The same number in and out of one month is not seen by counts; everything else is.
        expect(library.count).toBe(server.photos.length);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back what was removed, at its place', () => {
    const server = new Server(['2024-05-03', '2024-05-02', '2024-05-01', '2024-04-01'].map((d) => photo(`${d}T10:00:00.000`)));
    const library = new Library();
    library.setCounts(server.counts());
    loadAll(library, server, 10);
    const ids = library.parts.flatMap((m) => m.photos.map((p) => p.id));
    const removed = library.remove(new Set([ids[1] ?? '', ids[3] ?? '']));
    expect(library.count).toBe(2);
    expect(library.parts).toHaveLength(1);
    library.insert(removed);
    expect(library.parts.flatMap((m) => m.photos.map((p) => p.id))).toEqual(ids);
  });

  it('a local removal does not make a month stale when the server says the same', () => {
    const server = new Server(['2024-05-03', '2024-05-02'].map((d) => photo(`${d}T10:00:00.000`)));
    const library = new Library();
    library.setCounts(server.counts());
    loadAll(library, server, 10);
    library.remove(new Set([server.photos[0]?.photo_id ?? '']));
    server.photos = server.photos.slice(1);
    library.setCounts(server.counts());
    expect(library.parts.map((m) => m.stale)).toEqual([false]);
  });

  it('a strand has no hole', () => {
    const server = new Server(['2024-05-03', '2024-04-02', '2024-03-01', '2024-02-01'].map((d) => photo(`${d}T10:00:00.000`)));
    const library = new Library();
    library.setCounts(server.counts());
    for (const span of [{ from: '2024-05', to: '2024-06' }, { from: '2024-03', to: '2024-05' }]) library.accept(span, server.list(span, 10).photos, null);
    const ids = server.photos.map((p) => p.photo_id);
    expect(library.strand(ids[1] ?? '').map((r) => r.id)).toEqual(ids.slice(0, 3));
    library.evict(library.parts[1] as Part);
    expect(library.strand(ids[2] ?? '').map((r) => r.id)).toEqual([ids[2]]);
  });

  it('looked into at any places of a month of any shape keeps its counts, holds every photo once and in order, and ends complete', () => {
    // Few times and many photos: heaps at one time are as likely as empty stretches.
    const heavy = fc.array(fc.tuple(fc.nat(27), fc.nat(3), fc.integer({ min: 1, max: 25 })), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(heavy, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), fc.integer({ min: 2, max: 20 }), fc.boolean(), (days, places, limit, aimed) => {
        const times = days.flatMap(([day, ms, n]) => Array.from({ length: n }, () => `2024-05-${String(day + 1).padStart(2, '0')}T10:00:00.00${ms}`));
        const server = new Server([...times.map((t) => photo(t)), photo('2024-06-02T10:00:00.000'), photo('2024-04-30T23:59:59.999')]);
        const library = new Library();
        library.setCounts(server.counts());
        for (const place of places) {
          const part = library.parts.find((one) => one.month === '2024-05' && !one.complete);
          if (!part) break;
          const how = reach({ part, above: place * part.rest, ...(aimed && { until: `2024-05-${String(1 + Math.floor(place * 27)).padStart(2, '0')}T12:00:00.000` }) }, limit, limit);
          const { photos, next } = server.list(how.span, how.limit);
          if (how.how === 'land') land(library, part, how.at, how.above, photos, next);
          else if (how.how === 'rise') rise(library, part, photos, next);
          else library.accept(how.span, photos, next);
          const parts = library.of('2024-05');
          expect(parts[0]?.to).toBe('2024-06');
          parts.forEach((one, i) => expect(one.from).toBe(parts[i + 1]?.to ?? '2024-05'));
          for (const one of parts) for (const rec of one.photos) expect(rec.taken >= one.from && rec.taken < one.to).toBe(true);
          // Nothing is counted away: a part that may hold something keeps a place for it.
          const open = parts.filter((one) => !one.complete).length;
          expect(library.countOf('2024-05')).toBeGreaterThanOrEqual(times.length);
          expect(library.countOf('2024-05')).toBeLessThanOrEqual(times.length + open);
        }
        loadAll(library, server, limit);
        expect(library.parts.flatMap((part) => part.photos.map((rec) => rec.id))).toEqual(server.list({}, 1e6).photos.map((one) => one.photo_id));
        expect(library.parts).toHaveLength(3);
        expect(library.complete).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('a place in the middle of 20,000 is reached by one request, and the way up from there by one more', () => {
    const times = Array.from({ length: 20_000 }, (_, i) => new Date(Date.UTC(2024, 4, 1) + i * 133_000).toISOString().slice(0, 23));
    const server = new Server(times.map((t) => photo(t)));
    const library = new Library();
    library.setCounts(server.counts());
    const [whole] = library.parts;
    if (!whole) throw new Error('no part');
    const into = reach({ part: whole, above: 10_000 }, 500, 120);
    expect(into.how).toBe('land');
    const page = server.list(into.span, into.limit);
    land(library, whole, into.at, into.above, page.photos, page.next);
    expect(library.parts.map((part) => [part.count, part.photos.length])).toEqual([[10_000, 0], [10_000, 120]]);
    const [above] = library.parts;
    if (!above) throw new Error('no part');
    const up = reach({ part: above, above: above.rest }, 500, 120);
    expect(up.how).toBe('rise');
    const more = server.list(up.span, up.limit);
    rise(library, above, more.photos, more.next);
    // One island: 499 above (the newest of a page may have company), 120 below.
    expect(library.parts.map((part) => part.photos.length)).toEqual([0, 619]);
    expect(library.count).toBe(20_000);
    const ids = library.parts[1]?.photos.map((rec) => rec.id) ?? [];
    const all = server.list({}, 1e6).photos.map((one) => one.photo_id);
    expect(ids).toEqual(all.slice(all.indexOf(ids[0] ?? ''), all.indexOf(ids[0] ?? '') + 619));
  });

  it('of a large part what is far from the view is forgotten, and its place kept', () => {
    const times = Array.from({ length: 3000 }, (_, i) => new Date(Date.UTC(2024, 4, 1) + Math.floor(i / 3) * 700_000).toISOString().slice(0, 23));
    const server = new Server(times.map((t) => photo(t)));
    const library = new Library();
    library.setCounts(server.counts());
    loadAll(library, server, 500);
    const [part] = library.parts;
    const centre = part?.photos[1500];
    if (!part || !centre) throw new Error('no part');
    trim(library, part, centre.taken, 200);
    expect(library.count).toBe(3000);
    expect(library.loaded).toBeGreaterThanOrEqual(400);
    expect(library.loaded).toBeLessThanOrEqual(406);
    expect(library.get(centre.id)).toBeDefined();
    loadAll(library, server, 500);
    expect(library.parts.flatMap((one) => one.photos.map((rec) => rec.id))).toEqual(server.list({}, 1e6).photos.map((one) => one.photo_id));
    expect(library.parts).toHaveLength(1);
  });
});
