/** Under the last answer: what the visitor may say next by pressing a button. */

import type { AnswerData } from "../../protocol/index.ts";
import { Button } from "../../ui/button.tsx";
import { useWidget } from "../context.ts";

export function Replies({ data }: { data: AnswerData }) {
  const { state, act, texts } = useWidget();
  const { buttons, choices } = data;
  const words = choices?.map((choice) => choice.title) ?? buttons;
  if (!words?.length) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend's ways
    <div class="replies" role="group" aria-label={choices ? texts.choices : texts.replies}>
      {words.map((text, at) => (
        <Button
          key={text}
          look="quiet"
          disabled={state.conversation.state === "closed"}
          onClick={() => act.send(text, choices?.[at]?.answer)}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
