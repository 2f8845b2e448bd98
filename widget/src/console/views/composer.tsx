/** Where replies and notes are written, and what stands there while that is not possible. */

import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { Desk } from "../desk.ts";
import type { Mode } from "../drafts.ts";
import type { OpenConversation } from "../open.ts";
import { agentName } from "../summary.ts";
import { t } from "../texts.ts";
import { Field } from "./field.tsx";

function Modes({ mode, choose }: { mode: Mode; choose: (mode: Mode) => void }) {
  return (
    <div class="modes">
      {(["reply", "note"] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={mode === each}
          class={`mode mode-${each}`}
          onClick={() => choose(each)}
        >
          {each === "note" && <Icon name="lock" />}
          {each === "note" ? t.note : t.reply}
        </button>
      ))}
    </div>
  );
}

/** In place of the reply field, while a reply is not possible. */
function Gate({ open, desk }: { open: OpenConversation; desk: Desk }) {
  const summary = open.summary.value;
  if (!summary) return null;
  if (summary.state === "closed") {
    return (
      <div class="gate">
        <p>{t.closedHint}</p>
        <Button look="quiet" onClick={() => void open.act("reopen")}>
          {t.reopen}
        </Button>
      </div>
    );
  }
  if (summary.state === "with_agent" && summary.agent) {
    return (
      <div class="gate">
        <p>{t.othersConversation(agentName(summary.agent))}</p>
      </div>
    );
  }
  return (
    <div class="gate">
      <p>{t.acceptToReply}</p>
      <Button look="primary" onClick={() => void desk.accept()}>
        {open.busy.value === "accept" ? t.accepting : t.accept}
      </Button>
    </div>
  );
}

export function Composer({ open, desk }: { open: OpenConversation; desk: Desk }) {
  const mode = open.mode.value;
  return (
    <section class={`composer composer-${mode}`} aria-label={t.composer}>
      <Modes mode={mode} choose={(next) => open.compose(next)} />
      {open.mine.value || mode === "note" ? (
        <Field key={mode} mode={mode} open={open} replies={desk.replies.current.value} />
      ) : (
        <Gate open={open} desk={desk} />
      )}
    </section>
  );
}
