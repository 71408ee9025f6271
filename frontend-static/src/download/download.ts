// The way to the downloads, whose code is loaded with the first of them.
import { surely } from '../lib/parts.svelte';
import type { Wanted } from './run';

export const download = async (photos: readonly Wanted[]): Promise<void> => (await surely(() => import('./run'))).download(photos);
