/** The pages of answers and questions: a file of their own, fetched when one goes there. */

import { useSignal } from "@preact/signals";
import { type FunctionComponent, h } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { t } from "../texts.ts";
import type { PaneProps } from "./inbox.tsx";

let loaded: FunctionComponent<PaneProps> | null = null;

export function Part(props: PaneProps) {
  const ready = useSignal(loaded !== null);
  const failed = useSignal(false);
  useEffect(() => {
    if (loaded) return;
    import("./library.tsx").then(
      (part) => {
        loaded = part.Library;
        ready.value = true;
      },
      () => {
        failed.value = true;
      },
    );
  }, [ready, failed]);
  if (ready.value && loaded) return h(loaded, props);
  return (
    <div class="part-wait">
      {failed.value ? (
        <div role="alert">
          <p>{t.chunkFailed}</p>
          <Button look="quiet" onClick={() => location.reload()}>
            {t.reload}
          </Button>
        </div>
      ) : (
        <Spinner label={t.loading} />
      )}
    </div>
  );
}
