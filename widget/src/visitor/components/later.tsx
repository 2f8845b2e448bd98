/** What is shown with the extras, once they are here; the children until then. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { useFixed } from "../context.ts";
import type { Extras } from "../extras/extras.tsx";

const RETRY_MS = 3000;
const RETRY_MOST_MS = 60_000;

interface LaterProps {
  readonly show: (extras: Extras) => ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Later({ show, children }: LaterProps) {
  const { extras } = useFixed();
  const [here, setHere] = useState<Extras>();
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    let wait = RETRY_MS;
    const ask = () => {
      extras().then(setHere, () => {
        if (wanted) timer = setTimeout(ask, wait);
        wait = Math.min(2 * wait, RETRY_MOST_MS);
      });
    };
    ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, []);
  return here ? show(here) : children;
}
