/** Who is on the other side, and whether they are there. */

import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { close as closePath } from "../../ui/paths.ts";
import { useWidget } from "../context.ts";

export function Header() {
  const { state, texts, close } = useWidget();
  const { agent } = state.conversation;
  const site = state.site?.name || texts.title;
  const name = agent ? (agent.name ?? texts.team) : site;
  const present = state.members.some((who) => who.kind === "agent" && who.id === agent?.id);
  // Without a connection we do not know.
  const here = !state.apart && (agent ? present : state.available);
  // An agent who left for a moment is no reason to call the place deserted.
  const word = state.available ? (agent ? site : texts.here) : texts.away;

  return (
    <div class="header">
      <Avatar name={name} id={agent?.id ?? name} class="header-avatar" />
      <div class="header-text">
        <h2 id="straks-title">{name}</h2>
        <p class={`presence ${here ? "presence-here" : ""}`}>
          {state.available === undefined ? "\u00a0" : word}
        </p>
      </div>
      <Button look="icon" class="header-close" label={texts.close} onClick={close}>
        <Glyph path={closePath} />
      </Button>
    </div>
  );
}
