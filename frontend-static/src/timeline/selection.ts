// What is selected, by id; a shift-click takes the interval between the anchor and the click.

export class Selection {
  readonly ids: ReadonlySet<string>;
  /** Last one toggled without Shift. */
  readonly anchor: string | null;
  /** What the last Shift interval added: the next one replaces it. */
  private readonly interval: ReadonlySet<string>;

  constructor(ids: Iterable<string> = [], anchor: string | null = null, interval: Iterable<string> = []) {
    this.ids = new Set(ids);
    this.anchor = anchor;
    this.interval = new Set(interval);
  }

  get count(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  toggle(id: string): Selection {
    const ids = new Set(this.ids);
    if (!ids.delete(id)) ids.add(id);
    return new Selection(ids, id);
  }

  /** `order`: loaded ids in the order of the timeline. */
  extend(order: readonly string[], to: string): Selection {
    const a = this.anchor === null ? -1 : order.indexOf(this.anchor);
    const b = order.indexOf(to);
    if (a < 0 || b < 0) return this.toggle(to);
    const interval = order.slice(Math.min(a, b), Math.max(a, b) + 1);
    const earlier = new Set([...this.ids].filter((id) => !this.interval.has(id) || id === this.anchor));
    return new Selection([...earlier, ...interval], this.anchor, interval.filter((id) => !earlier.has(id)));
  }

  /** All of a day if some are missing, none if all are there. */
  toggleAll(ids: readonly string[]): Selection {
    const next = new Set(this.ids);
    const all = ids.every((id) => next.has(id));
    for (const id of ids) {
      if (all) next.delete(id);
      else next.add(id);
    }
    return new Selection(next, ids[0] ?? null);
  }

  with(more: readonly string[]): Selection {
    return new Selection([...this.ids, ...more], this.anchor ?? more[0] ?? null);
  }

  without(gone: ReadonlySet<string>): Selection {
    return new Selection([...this.ids].filter((id) => !gone.has(id)), this.anchor);
  }

  stateOf(ids: readonly string[]): 'none' | 'some' | 'all' {
    if (this.ids.size === 0) return 'none';
    const n = ids.reduce((sum, id) => sum + (this.ids.has(id) ? 1 : 0), 0);
    return n === 0 ? 'none' : n === ids.length ? 'all' : 'some';
  }
}
