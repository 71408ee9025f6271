// How fast it goes, and so how long it takes.

/** Exponentially weighted throughput, time constant 20 s; says nothing before 5 s of transfer. */
export class Throughput {
  private rate = 0;
  private last: { at: number; bytes: number } | null = null;
  private since: number | null = null;

  sample(totalBytes: number, at: number): void {
    if (this.last && at > this.last.at) {
      const dt = (at - this.last.at) / 1000;
      const now = Math.max(0, totalBytes - this.last.bytes) / dt;
      const keep = Math.exp(-dt / 20);
      this.rate = this.rate === 0 ? now : this.rate * keep + now * (1 - keep);
    }
    if (!this.last) this.since = at;
    if (!this.last || at - this.last.at >= 200) this.last = { at, bytes: totalBytes };
  }

  secondsFor(bytesLeft: number, at: number): number | null {
    if (this.since === null || at - this.since < 5000 || this.rate <= 0 || bytesLeft <= 0) return null;
    return bytesLeft / this.rate;
  }

  /** Paused, offline or done: what was measured before says nothing about after. */
  reset(): void {
    this.rate = 0;
    this.last = null;
    this.since = null;
  }
}
