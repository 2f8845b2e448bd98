/** Between the conversation and the field: answers that may be what is being asked for. */

import { useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { useWidget } from "../context.ts";
import { fill } from "../texts/texts.ts";
import { focusField } from "./field.ts";

export function Suggestions() {
  const { state, act, texts } = useWidget();
  const told = useRef(0);
  const count = state.suggestions.length;
  // Said when they appear; how they change from key to key is not.
  told.current = count && (told.current || count);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    const [up, down] = [at.previousElementSibling, at.nextElementSibling] as (HTMLElement | null)[];
    if (event.key === "ArrowUp") up?.focus();
    else if (event.key === "ArrowDown" && down) down.focus();
    else if (event.key === "ArrowDown" || event.key === "Escape") focusField(event);
    else return;
    // The list does not scroll away, and of Escape the panel hears nothing: it stays open.
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <p class="hidden" role="status">
        {count > 0 && fill(texts.suggestions, { n: told.current })}
      </p>
      {count > 0 && (
        <fieldset class="dock suggestions" aria-labelledby="straks-suggested" onKeyDown={onKeyDown}>
          <p id="straks-suggested">{texts.suggested}</p>
          {state.suggestions.map(({ answer, title }) => (
            <Button
              key={answer}
              look="quiet"
              onClick={(event) => {
                focusField(event);
                act.send(title, answer);
              }}
            >
              {title}
            </Button>
          ))}
        </fieldset>
      )}
    </>
  );
}
