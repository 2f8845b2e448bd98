/** How long to wait before connecting again (PROTOCOL.md §8). */

const BASE = 0.5;
const CAP = 20;

/** Full jitter: a random delay, in seconds, below a bound that doubles with every failure. */
export class Backoff {
  #failures = 0;

  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next delay in seconds. */
  next(): number {
    const bound = Math.min(CAP, BASE * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return bound * this.#random();
  }

  /** A connection was welcomed: begin at the shortest bound again. */
  reset(): void {
    this.#failures = 0;
  }
}
