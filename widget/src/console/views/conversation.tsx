/** The right side: the open conversation, or a word to who has not chosen one. */

import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { Desk } from "../desk.ts";
import type { OpenConversation } from "../open.ts";
import { leave } from "../route.ts";
import { t } from "../texts.ts";
import { Composer } from "./composer.tsx";
import { Header } from "./header.tsx";
import { Thread } from "./thread.tsx";

function Nothing() {
  return (
    <main class="conversation conversation-none">
      <div class="empty">
        <Icon name="chat" />
        <h2>{t.pickTitle}</h2>
        <p>{t.pickText}</p>
        <p class="only-wide">{t.pickKeys}</p>
      </div>
    </main>
  );
}

function Missing() {
  return (
    <main class="conversation conversation-none">
      <div class="empty">
        <Icon name="alert" />
        <p>{t.notFound}</p>
        <Button look="quiet" onClick={leave}>
          {t.back}
        </Button>
      </div>
    </main>
  );
}

function Open({ open, desk }: { open: OpenConversation; desk: Desk }) {
  return (
    <main class="conversation" aria-label={open.visitor.value}>
      <Header open={open} desk={desk} />
      <Thread open={open} />
      <Composer open={open} desk={desk} />
    </main>
  );
}

export function ConversationPane({ desk }: { desk: Desk }) {
  const open = desk.open.value;
  if (!open) return <Nothing />;
  if (open.missing.value) return <Missing />;
  return <Open key={open.id} open={open} desk={desk} />;
}
