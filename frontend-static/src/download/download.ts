// The way to the downloads, whose code is loaded with the first of them.
import type { Wanted } from './run';

export const download = async (photos: readonly Wanted[]): Promise<void> => (await import('./run')).download(photos);
