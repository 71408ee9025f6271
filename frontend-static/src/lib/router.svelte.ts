// The address bar: match, go, replace, back. `history.state` carries where a photo was opened from and what the
// timeline showed, so that Back leads to the same place.
import { parsePath, pathOf, type Route } from './routes';

export interface Anchor {
  id: string;
  taken: string;
  /** Distance of the photo's top from the top of the view. */
  dy: number;
}

export interface EntryState {
  /** The lightbox was opened from the grid, so that Back closes it. */
  from?: 'grid';
  anchor?: Anchor;
}

class Router {
  route = $state.raw<Route>(parsePath(location.pathname));

  start(path: string): void {
    history.scrollRestoration = 'manual';
    if (path !== location.pathname) history.replaceState(null, '', path);
    this.route = parsePath(path);
    addEventListener('popstate', () => (this.route = parsePath(location.pathname)));
  }

  get state(): EntryState {
    return (history.state as EntryState | null) ?? {};
  }

  go(route: Route, state: EntryState = {}): void {
    history.pushState(state, '', pathOf(route));
    this.route = route;
  }

  replace(route: Route, state: EntryState = this.state): void {
    history.replaceState(state, '', pathOf(route));
    this.route = route;
  }

  /** Keeps the entry, changes what it remembers. */
  remember(change: EntryState): void {
    history.replaceState({ ...this.state, ...change }, '', location.pathname);
  }

  back(): void {
    history.back();
  }

  /** Plain clicks on our own links stay in the page; everything else is the browser's. */
  click = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    event.preventDefault();
    const route = parsePath(link.pathname);
    if (pathOf(route) !== location.pathname) this.go(route);
  };
}

export const router = new Router();
