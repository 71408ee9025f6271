// The table of shortcuts, with the words around it. What the keys do is in keys.ts and tested there: change both.

export const shortcutsWords = { title: 'Keyboard shortcuts', grid: 'Photos', viewer: 'Viewer', close: 'Close' } as const;

export const SHORTCUTS: readonly { title: 'grid' | 'viewer'; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'grid',
    keys: [
      ['← → ↑ ↓', 'move between photos'], ['Home / End', 'first, last of the row'], ['Ctrl Home / End', 'newest, oldest photo'], ['Page Up / Down', 'one view'],
      ['Enter', 'open'], ['Space', 'select'], ['Shift + arrows', 'extend the selection'], ['Ctrl A', 'select all'], ['Esc', 'clear the selection'],
      ['Delete, Backspace', 'move to trash'], ['Ctrl Z', 'undo'], ['r', 'restore, in the trash'], ['d', 'download'], ['g', 'jump to date'], ['u', 'upload photos'], ['?', 'this list'],
    ],
  },
  {
    title: 'viewer',
    keys: [
      ['← →', 'newer, older'], ['Home / End', 'newest, oldest that is loaded'], ['z', 'zoom in and out'], ['+ −', 'larger, smaller'], ['0', 'fit'], ['arrows', 'move about, when zoomed in'], ['s', 'select'], ['i', 'info'], ['f', 'full screen'],
      ['d', 'download the original'], ['Delete, Backspace', 'move to trash'], ['Ctrl Z', 'undo'], ['r', 'restore, in the trash'], ['Esc', 'close the panel, the zoom, the viewer'], ['?', 'this list'],
    ],
  },
];
