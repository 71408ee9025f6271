import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PhotoSummary } from '../api/types';
import { compare, Library } from './buckets';
import { nextSpan } from './prefetch';

let made = 0;
const photo = (taken: string, id = String(made++).padStart(64, '0')): PhotoSummary => ({
  photo_id: id, generation: 'G', state: 'stored', preview: 'ready', taken, taken_source: 'exif', width: 3, height: 2, file_name: 'a.jpg', content_type: 'image/jpeg', size: 1,
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
  list(span: { from?: string | undefined; to?: string | undefined; cursor?: string | undefined }, limit: number) {
    const inside = this.sorted().filter((p) => (!span.from || p.taken >= span.from) && (!span.to || p.taken < span.to));
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
    const span = nextSpan(library, library.months.findIndex((m) => !m.complete), library.months.length - 1, limit);
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
        const ids = library.months.flatMap((m) => m.photos.map((p) => p.id));
        expect(ids).toEqual(server.list({}, 1e6).photos.map((p) => p.photo_id));
        expect(library.complete).toBe(true);
        expect(library.count).toBe(times.length);
        expect(nextSpan(library, 0, library.months.length - 1, limit)).toBeNull();
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
        for (const bucket of library.months.filter((m) => m.stale)) {
          const { photos } = server.list({ from: bucket.month, to: `${bucket.month}~` }, 1e6);
          library.replace(bucket.month, photos, null);
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
    const ids = library.months.flatMap((m) => m.photos.map((p) => p.id));
    const removed = library.remove(new Set([ids[1] ?? '', ids[3] ?? '']));
    expect(library.count).toBe(2);
    expect(library.months).toHaveLength(1);
    library.insert(removed);
    expect(library.months.flatMap((m) => m.photos.map((p) => p.id))).toEqual(ids);
  });

  it('a local removal does not make a month stale when the server says the same', () => {
    const server = new Server(['2024-05-03', '2024-05-02'].map((d) => photo(`${d}T10:00:00.000`)));
    const library = new Library();
    library.setCounts(server.counts());
    loadAll(library, server, 10);
    library.remove(new Set([server.photos[0]?.photo_id ?? '']));
    server.photos = server.photos.slice(1);
    library.setCounts(server.counts());
    expect(library.months.map((m) => m.stale)).toEqual([false]);
  });

  it('a strand has no hole', () => {
    const server = new Server(['2024-05-03', '2024-04-02', '2024-03-01', '2024-02-01'].map((d) => photo(`${d}T10:00:00.000`)));
    const library = new Library();
    library.setCounts(server.counts());
    for (const span of [{ from: '2024-05', to: '2024-06' }, { from: '2024-03', to: '2024-05' }]) library.accept(span, server.list(span, 10).photos, null);
    const ids = server.photos.map((p) => p.photo_id);
    expect(library.strand(ids[1] ?? '').map((r) => r.id)).toEqual(ids.slice(0, 3));
    library.evict('2024-04');
    expect(library.strand(ids[2] ?? '').map((r) => r.id)).toEqual([ids[2]]);
  });
});
