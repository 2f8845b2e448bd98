/** The steps from what is typed to what is saved. */

import { useSignal } from "@preact/signals";
import { Button } from "../../ui/button.tsx";
import { a } from "../answer-texts.ts";
import type { Editing } from "../editing.ts";
import type { AnswerList } from "../files.ts";
import { Ask } from "./ask.tsx";

function Discard({ editing }: { editing: Editing }) {
  const asking = useSignal(false);
  return (
    <>
      <Button look="plain" onClick={() => (asking.value = true)}>
        {a.discard}
      </Button>
      {asking.value && (
        <Ask
          title={a.discardTitle}
          text={a.discardText}
          action={a.discard}
          done={(yes) => {
            asking.value = false;
            if (yes) editing.discard();
          }}
        />
      )}
    </>
  );
}

export function Foot({ editing, list }: { editing: Editing; list: AnswerList }) {
  const dirty = editing.dirty.value;
  const busy = editing.busy.value;
  const saved = list.saved.value === editing.file.value;
  if (editing.trial.value) {
    return (
      <footer class="editor-foot">
        <span />
        <Button look="quiet" onClick={() => editing.revise()}>
          {a.revise}
        </Button>
        <Button look="primary" aria-disabled={busy !== null} onClick={() => void editing.save()}>
          {busy === "save" ? a.saving : a.save}
        </Button>
      </footer>
    );
  }
  return (
    <footer class="editor-foot">
      <span role="status">{dirty ? a.kept : saved ? a.saved : ""}</span>
      {dirty && <Discard editing={editing} />}
      <Button
        look="primary"
        aria-disabled={!dirty || busy !== null}
        onClick={() => dirty && void editing.review()}
      >
        {busy === "review" ? a.reviewing : a.review}
      </Button>
    </footer>
  );
}
