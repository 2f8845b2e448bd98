/** The canned replies that match what was typed after a slash. */

import type { CannedReply } from "../api.ts";
import { t } from "../texts.ts";

export const MENU_ID = "canned-menu";

export function optionId(index: number): string {
  return `canned-${index}`;
}

interface Props {
  replies: readonly CannedReply[];
  active: number;
  choose: (reply: CannedReply) => void;
}

export function CannedMenu({ replies, active, choose }: Props) {
  if (replies.length === 0) {
    return (
      <p class="canned canned-none" role="status">
        {t.noCanned}
      </p>
    );
  }
  return (
    <div id={MENU_ID} class="canned" role="listbox" aria-label={t.canned}>
      {replies.map((reply, index) => (
        // The field keeps the focus, and its keys move the choice.
        // biome-ignore lint/a11y/useFocusableInteractive: see above
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above
        <div
          key={reply.id}
          id={optionId(index)}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(reply)}
        >
          <strong>{reply.title}</strong>
          <span>{reply.text}</span>
        </div>
      ))}
    </div>
  );
}
