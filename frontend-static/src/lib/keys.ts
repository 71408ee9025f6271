// Keys and what they do. The table that people see is in shortcuts.ts.

export type GridCommand = 'trash' | 'download' | 'jump' | 'clear' | 'select' | 'all' | 'restore' | 'undo';
export type ViewerCommand = 'newer' | 'older' | 'up' | 'down' | 'larger' | 'smaller' | 'select' | 'info' | 'download' | 'trash' | 'restore' | 'escape' | 'zoom' | 'fit' | 'fullscreen' | 'help' | 'undo' | 'first' | 'last';

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const plain = (event: Key): boolean => !event.ctrlKey && !event.metaKey && !event.altKey;
const command = (event: Key): boolean => (event.ctrlKey || event.metaKey) && !event.altKey;

export function gridCommand(event: Key): GridCommand | null {
  if (command(event)) {
    if (event.key.toLowerCase() === 'a' && !event.shiftKey) return 'all';
    if (event.key.toLowerCase() === 'z' && !event.shiftKey) return 'undo';
    return null;
  }
  if (!plain(event)) return null;
  switch (event.key) {
    case 'Delete':
    case 'Backspace': return 'trash';
    case 'd': return 'download';
    case 'g': return 'jump';
    case 'r': return 'restore';
    case 'Escape': return 'clear';
    case ' ': return 'select';
    default: return null;
  }
}

export function viewerCommand(event: Key): ViewerCommand | null {
  if (command(event)) return event.key.toLowerCase() === 'z' && !event.shiftKey ? 'undo' : null;
  if (!plain(event)) return null;
  switch (event.key) {
    case 'ArrowLeft': return 'newer';
    case 'ArrowRight': return 'older';
    case 'ArrowUp': return 'up';
    case 'ArrowDown': return 'down';
    case 'Home': return 'first';
    case 'End': return 'last';
    case 'Delete':
    case 'Backspace': return 'trash';
    case 'Escape': return 'escape';
    case '+':
    case '=': return 'larger';
    case '-': return 'smaller';
    case 's': return 'select';
    case 'i': return 'info';
    case 'd': return 'download';
    case 'r': return 'restore';
    case 'f': return 'fullscreen';
    case 'z': return 'zoom';
    case '0': return 'fit';
    case '?': return 'help';
    default: return null;
  }
}

/** Whether the timeline may have a use for a key that the browser has another for: scrolling, or selecting all text. */
export function mayBeOurs(event: KeyboardEvent): boolean {
  return ((isUnheld(event) || (event.target as Element).closest?.('[data-id]') != null) && /^( |Arrow.*|Page.*|Home|End)$/.test(event.key)) || gridCommand(event) === 'all';
}

/** Nothing that takes keys has the focus: the page has just opened, or another screen did. */
export const isUnheld = ({ target }: Event): boolean => (target as Element).matches?.('body, main, h1') === true;

/** Letters typed into a field are letters. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null;
  if (!element) return false;
  if (element.isContentEditable) return true;
  return element.tagName === 'TEXTAREA' || element.tagName === 'SELECT' || (element.tagName === 'INPUT' && element.type !== 'checkbox');
}
