// A long press on a touch screen selects.
const HOLD_MS = 450;

export class PressSelect {
  /** The click that follows ends a long press: it selects instead of opening. */
  held = false;

  attach = (element: HTMLElement): (() => void) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let start: { x: number; y: number } | null = null;
    const stop = () => {
      clearTimeout(timer);
      start = null;
    };
    const down = (event: PointerEvent) => {
      this.held = false;
      if (event.pointerType !== 'touch' || !(event.target as Element).closest('[data-id]')) return;
      start = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => (this.held = true), HOLD_MS);
    };
    const move = (event: PointerEvent) => {
      if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > 10) stop();
    };
    const menu = (event: Event) => {
      if (start) event.preventDefault();
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointercancel', stop);
    element.addEventListener('pointerup', stop);
    element.addEventListener('contextmenu', menu);
    return () => {
      stop();
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointercancel', stop);
      element.removeEventListener('pointerup', stop);
      element.removeEventListener('contextmenu', menu);
    };
  };
}
