/** A guide: one step at a time, each confirmed, and where it stands is in the log. */

import type { GuideStep } from "../../protocol/index.ts";
import type { ExtraProps } from "./extras.tsx";
import {
  Button,
  check,
  fill,
  Glyph,
  SafeHtml,
  useLayoutEffect,
  useRef,
  useState,
  useWidget,
} from "./kit.ts";

interface GuideProps extends ExtraProps {
  readonly steps: readonly GuideStep[];
}

export function Guide({ row, current, steps }: GuideProps) {
  const { state, act, texts } = useWidget();
  const [moved, setMoved] = useState(false);
  const heading = useRef<HTMLParagraphElement>(null);
  const of = steps.length;
  const done = Math.min(row.done, of);
  const closed = state.conversation.state === "closed";

  // The new step is where reading goes on, by eye or by ear.
  useLayoutEffect(() => {
    if (moved) heading.current?.focus();
  }, [done]);

  const go = (to: number) => (event: MouseEvent) => {
    // The second click of a double click would confirm a step that nobody has seen.
    if (event.detail > 1) return;
    setMoved(true);
    act.step(row.offset, to);
  };
  const back = done > 0 && (
    <Button disabled={closed} onClick={go(done - 1)}>
      {texts.back}
    </Button>
  );
  const step = steps[done];
  if (!step) {
    return (
      <div class="extra">
        <Finished steps={steps} />
        {current && (
          <div class="extra-buttons">
            <p>{texts.guideEnd}</p>
            {back}
          </div>
        )}
      </div>
    );
  }
  return (
    <div class="extra">
      <p class="guide-bar" aria-hidden="true">
        {steps.map((_, at) => (
          <i class={at < done ? "on" : at === done ? "at" : ""} />
        ))}
      </p>
      <p class="guide-at" ref={heading} tabIndex={-1}>
        <span>{fill(texts.step, { n: done + 1, of })}</span>
        {step.title && <strong>{step.title}</strong>}
      </p>
      <div class="rich">
        <SafeHtml html={step.html} text={step.text} />
      </div>
      <div class="extra-buttons">
        <Button look="primary" disabled={closed} onClick={go(done + 1)}>
          {done + 1 < of ? texts.next : texts.done}
        </Button>
        {back}
      </div>
    </div>
  );
}

function Finished({ steps }: Pick<GuideProps, "steps">) {
  const { texts } = useWidget();
  const n = steps.length;
  return (
    <details>
      <summary>
        <Glyph path={check} />
        {fill(texts.guideDone, { n, of: n })}
      </summary>
      <ol class="rich">
        {steps.map(({ title, html, text }) => (
          <li>
            {title && <p class="heading">{title}</p>}
            <SafeHtml html={html} text={text} />
          </li>
        ))}
      </ol>
    </details>
  );
}
