// What the page asks of the API, one function a question.
import { api, ok } from './client';
import type { ChangeResult, Lookup, Me, Month, Photo, PhotoSummary, UploadFile, UploadResult } from './types';

export interface Page {
  photos: PhotoSummary[];
  next: string | null;
}

export interface Range {
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

const MAX_IDS = 1000;

export async function listPhotos(range: Range, signal?: AbortSignal): Promise<Page> {
  const query = Object.fromEntries(Object.entries({ limit: 500, ...range }).filter(([, value]) => value !== undefined));
  const page = await ok(api.GET('/api/photos', { params: { query }, ...(signal && { signal }) }));
  return { photos: page.photos, next: page.next_cursor ?? null };
}

export async function listTrash(cursor?: string): Promise<Page> {
  const page = await ok(api.GET('/api/trash', { params: { query: { limit: 500, ...(cursor && { cursor }) } } }));
  return { photos: page.photos, next: page.next_cursor ?? null };
}

export const getPhoto = (photo_id: string, signal?: AbortSignal): Promise<Photo> =>
  ok(api.GET('/api/photos/{photo_id}', { params: { path: { photo_id } }, ...(signal && { signal }) }));

export const getOriginal = (photo_id: string): Promise<{ url: string }> =>
  ok(api.GET('/api/photos/{photo_id}/original', { params: { path: { photo_id } } }));

export const getTimeline = async (): Promise<Month[]> => (await ok(api.GET('/api/timeline'))).months;
export const getMe = (): Promise<Me> => ok(api.GET('/api/me'));
/** A large trash takes several calls; one that gets nowhere ends it, and what was not reached stays in the trash. */
export async function emptyTrash(): Promise<number> {
  for (let count = 0; ; ) {
    const answer = await ok(api.POST('/api/trash/empty'));
    count += answer.count;
    if (answer.finished || answer.count === 0) return count;
  }
}
export const startSession = async (): Promise<string> => (await ok(api.POST('/api/session'))).expires_at;

async function batched<T>(ids: readonly string[], ask: (photo_ids: string[]) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < ids.length; i += MAX_IDS) all.push(...(await ask(ids.slice(i, i + MAX_IDS))));
  return all;
}

export const trash = (ids: readonly string[]): Promise<ChangeResult[]> =>
  batched(ids, async (photo_ids) => (await ok(api.POST('/api/photos/trash', { body: { photo_ids } }))).results);

export const restore = (ids: readonly string[]): Promise<ChangeResult[]> =>
  batched(ids, async (photo_ids) => (await ok(api.POST('/api/photos/restore', { body: { photo_ids } }))).results);

export const lookup = (ids: readonly string[]): Promise<Lookup[]> =>
  batched(ids, async (photo_ids) => (await ok(api.POST('/api/photos/lookup', { body: { photo_ids } }))).photos);

export const askUploads = async (files: UploadFile[]): Promise<UploadResult[]> =>
  (await ok(api.POST('/api/uploads', { body: { files } }))).results;
