/** Keeps what did not change from being drawn again. */

import type { Component, ComponentChildren, FunctionComponent } from "preact";

/** Whether two objects hold the same, down to `depth` objects in each other. */
function same(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (!depth || !a || !b || typeof a !== "object" || typeof b !== "object") return false;
  const [one, other] = [a, b] as Record<string, unknown>[];
  return Object.keys({ ...one, ...other }).every((name) =>
    same(one?.[name], other?.[name], depth - 1),
  );
}

/**
 * A component that is drawn again only when one of its props, or of their fields, is another.
 *
 * Not a memoised node: Preact makes copies of one that it meets again, and the original holds on to
 * the whole tree that it first stood in.
 */
export function still<P extends object>(
  draw: (props: P) => ComponentChildren,
): FunctionComponent<P> {
  function Still(this: Component<P>, props: P) {
    this.shouldComponentUpdate = (next) => !same(next, this.props, 2);
    return draw(props);
  }
  return Still as FunctionComponent<P>;
}
