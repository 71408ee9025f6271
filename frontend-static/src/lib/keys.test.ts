import { expect, it } from 'vitest';
import { gridCommand, isTyping, viewerCommand } from './keys';

const key = (name: string, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

it.each([['Delete', 'trash'], ['Backspace', 'trash'], ['d', 'download'], ['g', 'jump'], ['Escape', 'clear'], [' ', 'select'], ['q', null]] as const)('%s in the grid: %s', (name, what) => expect(gridCommand(key(name))).toBe(what));
it.each([['ArrowLeft', 'newer'], ['ArrowRight', 'older'], ['i', 'info'], ['d', 'download'], ['Delete', 'trash'], ['Escape', 'escape'], ['z', 'zoom'], ['+', 'larger'], ['-', 'smaller'], ['s', 'select'], ['ArrowUp', 'up']] as const)('%s in the viewer: %s', (name, what) => expect(viewerCommand(key(name))).toBe(what));

it('leaves the browser its own keys', () => {
  expect(gridCommand(key('d', { ctrlKey: true }))).toBeNull();
  expect(viewerCommand(key('ArrowLeft', { altKey: true }))).toBeNull();
  expect(gridCommand(key('z', { metaKey: true }))).toBe('undo');
});

it('letters typed into a field are letters', () => {
  expect(isTyping({ tagName: 'INPUT', type: 'date' } as unknown as EventTarget)).toBe(true);
  expect(isTyping({ tagName: 'INPUT', type: 'checkbox' } as unknown as EventTarget)).toBe(false);
  expect(isTyping({ tagName: 'A' } as unknown as EventTarget)).toBe(false);
});
