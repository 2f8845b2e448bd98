/** The right side: the open conversation, or a word to who has not chosen one. */

import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { Desk } from "../desk.ts";
import type { OpenConversation } from "../open.ts";
import { leave } from "../route.ts";
import { t } from "../texts.ts";
import { Composer } from "./composer.tsx";
import { Header } from "./header.tsx";
import { Known } from "./known.tsx";
import { Thread } from "./thread.tsx";

function Nothing() {
  return (
    <section class="conversation conversation-none" aria-label={t.conversation}>
      <div class="empty">
        <Icon name="chat" />
        <h3>{t.pickTitle}</h3>
        <p>{t.pickText}</p>
        <p class="only-wide">{t.pickKeys}</p>
      </div>
    </section>
  );
}

function Missing() {
  return (
    <section class="conversation conversation-none" aria-label={t.conversation}>
      <div class="empty">
        <Icon name="alert" />
        <p>{t.notFound}</p>
        <Button look="quiet" onClick={leave}>
          {t.back}
        </Button>
      </div>
    </section>
  );
}

function Open({ open, desk }: { open: OpenConversation; desk: Desk }) {
  return (
    <section class="conversation" aria-label={t.conversation}>
      <Header open={open} desk={desk} />
      <Known open={open} />
      <Thread open={open} makeAnswer={(item) => desk.makeAnswer(item)} />
      <Composer open={open} desk={desk} />
    </section>
  );
}

export function ConversationPane({ desk }: { desk: Desk }) {
  const open = desk.open.value;
  if (!open) return <Nothing />;
  if (open.missing.value) return <Missing />;
  return <Open key={open.id} open={open} desk={desk} />;
}
