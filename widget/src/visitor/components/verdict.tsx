/** Under an automatic answer: whether it helped, asked once and then remembered. */

import { Button } from "../../ui/button.tsx";
import { Glyph } from "../../ui/glyph.tsx";
import { check, close } from "../../ui/paths.ts";
import { useFixed } from "../context.ts";
import type { MessageRow } from "../rows.ts";

/** `current`: it is the answer that the talk is about, and no person is. */
export function Verdict({ row, current }: { row: MessageRow; current: boolean }) {
  const { act, texts } = useFixed();
  const { answer, helped } = row;
  if (!answer) return null;
  if (helped === undefined) {
    if (!current) return null;
    const judge = (verdict: boolean) => {
      act.judge(answer, verdict);
      if (!verdict) void act.askPerson(texts.personWords);
    };
    return (
      // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend's ways
      <div class="meta verdict" role="group" aria-label={texts.question}>
        {texts.question}
        <Button look="quiet" onClick={() => judge(true)}>
          {texts.yes}
        </Button>
        <Button look="quiet" onClick={() => judge(false)}>
          {texts.no}
        </Button>
      </div>
    );
  }
  return (
    <p class="meta verdict">
      <Glyph path={helped ? check : close} />
      {helped ? (current ? texts.thanks : texts.helped) : texts.helpedNot}
    </p>
  );
}
