// What the page asks of the API, one function a question.
import { ask } from './client';
import type { ChangeResult, Lookup, Me, Month, Photo, PhotoSummary, UploadFile, UploadResult } from './types';

export interface Page {
  photos: PhotoSummary[];
  next: string | null;
}

export interface Range {
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
  order?: 'asc' | undefined;
  limit?: number;
}

export const MAX_IDS = 1000;

export async function listPhotos(range: Range, signal?: AbortSignal): Promise<Page> {
  const page = await ask('get', '/api/photos', { query: { limit: 500, ...range }, signal });
  return { photos: page.photos, next: page.next_cursor ?? null };
}

export async function listTrash(cursor?: string): Promise<Page> {
  const page = await ask('get', '/api/trash', { query: { limit: 500, cursor } });
  return { photos: page.photos, next: page.next_cursor ?? null };
}

export const getPhoto = (photo_id: string): Promise<Photo> => ask('get', '/api/photos/{photo_id}', { path: { photo_id } });
export const getOriginal = (photo_id: string): Promise<{ url: string }> => ask('get', '/api/photos/{photo_id}/original', { path: { photo_id } });
export const getTimeline = async (): Promise<Month[]> => (await ask('get', '/api/timeline')).months;
export const getMe = (): Promise<Me> => ask('get', '/api/me');
/** A large trash takes several calls; one that gets nowhere ends it, and what was not reached stays in the trash. */
export async function emptyTrash(): Promise<number> {
  for (let count = 0; ; ) {
    const answer = await ask('post', '/api/trash/empty');
    count += answer.count;
    if (answer.finished || answer.count === 0) return count;
  }
}
export const startSession = async (): Promise<string> => (await ask('post', '/api/session')).expires_at;

async function batched<T>(ids: readonly string[], send: (photo_ids: string[]) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < ids.length; i += MAX_IDS) all.push(...(await send(ids.slice(i, i + MAX_IDS))));
  return all;
}

/** At most `MAX_IDS` of them. */
export const trash = async (photo_ids: string[]): Promise<ChangeResult[]> => (await ask('post', '/api/photos/trash', { body: { photo_ids } })).results;
export const restore = async (photo_ids: string[]): Promise<ChangeResult[]> => (await ask('post', '/api/photos/restore', { body: { photo_ids } })).results;

export const lookup = (ids: readonly string[]): Promise<Lookup[]> =>
  batched(ids, async (photo_ids) => (await ask('post', '/api/photos/lookup', { body: { photo_ids } })).photos);

export const askUploads = async (files: UploadFile[]): Promise<UploadResult[]> => (await ask('post', '/api/uploads', { body: { files } })).results;
