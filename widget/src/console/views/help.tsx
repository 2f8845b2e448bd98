/** The list of keyboard shortcuts. */

import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../../ui/button.tsx";
import { t } from "../texts.ts";

export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={close}>
      <header class="dialog-head">
        <h2 id="help-title">{t.shortcuts}</h2>
        <IconButton icon="close" label={t.closeDialog} onClick={() => dialog.current?.close()} />
      </header>
      <dl class="keys">
        {t.keys.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split("  ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
