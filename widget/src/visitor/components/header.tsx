/** Who is on the other side, and whether they are there. */

import { Avatar } from "../../ui/avatar.tsx";
import { IconButton } from "../../ui/button.tsx";
import { useWidget } from "../context.ts";
import { fill } from "../texts/texts.ts";

export function Header() {
  const { store, texts, close } = useWidget();
  const { agent, state } = store.folded.value;
  const site = store.site.value?.name;
  const withAgent = state === "with_agent" && agent;
  const name = withAgent ? (agent.name ?? texts.team) : site || texts.title;
  const here = withAgent
    ? store.view.value?.members.some((who) => who.kind === "agent" && who.id === agent.id)
    : store.available.value;

  return (
    <header class="header">
      <Avatar name={name} id={withAgent ? agent.id : name} class="header-avatar" />
      <div class="header-text">
        <h2 id="straks-title">{name}</h2>
        <p class={`presence ${here ? "presence-here" : ""}`}>
          {withAgent
            ? here
              ? fill(texts.joined, { name })
              : site || texts.title
            : here === undefined
              ? "\u00a0"
              : here
                ? texts.here
                : texts.away}
        </p>
      </div>
      <IconButton icon="close" label={texts.close} class="header-close" onClick={close} />
    </header>
  );
}
