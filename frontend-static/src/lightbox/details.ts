// GET /photos/{id}, asked once a photo.
import { getPhoto } from '../api/photos';
import type { Photo } from '../api/types';
import { Lru } from '../lib/lru';

const known = new Lru<string, Promise<Photo>>(200);

export function details(id: string): Promise<Photo> {
  let asked = known.get(id);
  if (!asked) {
    asked = getPhoto(id);
    known.set(id, asked);
    // A failure is not remembered.
    asked.catch(() => known.set(id, undefined as never));
  }
  return asked;
}
