// path <-> route. Paths, not hashes; whoever serves the page answers index.html for each.

export type Route =
  | { screen: 'timeline'; photo?: string }
  | { screen: 'trash'; photo?: string }
  | { screen: 'status' }
  | { screen: 'callback' }
  | { screen: 'not_found' };

const ID = '([0-9a-f]{64})';

export function parsePath(path: string): Route {
  if (path === '/') return { screen: 'timeline' };
  if (path === '/trash') return { screen: 'trash' };
  if (path === '/status') return { screen: 'status' };
  if (path === '/callback') return { screen: 'callback' };
  const photo = new RegExp(`^/photo/${ID}$`).exec(path)?.[1];
  if (photo) return { screen: 'timeline', photo };
  const trashed = new RegExp(`^/trash/${ID}$`).exec(path)?.[1];
  if (trashed) return { screen: 'trash', photo: trashed };
  return { screen: 'not_found' };
}

export function pathOf(route: Route): string {
  switch (route.screen) {
    case 'timeline':
      return route.photo ? `/photo/${route.photo}` : '/';
    case 'trash':
      return route.photo ? `/trash/${route.photo}` : '/trash';
    case 'status':
      return '/status';
    case 'callback':
      return '/callback';
    case 'not_found':
      return '/not-found';
  }
}

/** Where to go after signing in: only a path of this page, never another origin. */
export function safeReturn(path: string | null | undefined): string {
  if (!path || !path.startsWith('/') || path.startsWith('//') || path.includes('\\')) return '/';
  const route = parsePath(path.split(/[?#]/)[0] ?? '/');
  return route.screen === 'callback' || route.screen === 'not_found' ? '/' : pathOf(route);
}
