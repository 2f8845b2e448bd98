/** A question before something that cannot be undone. */

import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { a } from "../answer-texts.ts";

interface Props {
  title: string;
  text: string;
  action: string;
  /** Heard once, with what was decided. */
  done: (yes: boolean) => void;
}

export function Ask({ title, text, action, done }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const decided = useRef(false);
  useEffect(() => dialog.current?.showModal(), []);
  const decide = (yes: boolean) => {
    decided.current = yes;
    dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="ask-title"
      aria-describedby="ask-text"
      onClose={() => done(decided.current)}
    >
      <h2 id="ask-title">{title}</h2>
      <p id="ask-text">{text}</p>
      <div class="dialog-foot">
        <Button look="quiet" onClick={() => decide(false)}>
          {a.cancel}
        </Button>
        <Button look="primary" onClick={() => decide(true)}>
          {action}
        </Button>
      </div>
    </dialog>
  );
}
