/** A guide as it was given, and how far the visitor got in it. */

import { Icon } from "../../ui/icon.tsx";
import { still } from "../../ui/still.ts";
import { SafeHtml } from "../../ui/text.tsx";
import type { Step } from "../known.ts";
import { t } from "../texts.ts";

const Text = still(({ step }: { step: Step }) => (
  <div class="guide-text bubble-rich">
    <SafeHtml html={step.html} text={step.text} />
  </div>
));

function standing(done: number, of: number): string {
  if (done === 0) return t.guideNew(of);
  return done < of ? t.guide(done, of) : t.guideDone(of);
}

export function Guide({ steps, done }: { steps: readonly Step[]; done: number }) {
  return (
    <div class="guide">
      <p class="guide-head">{standing(Math.min(done, steps.length), steps.length)}</p>
      <ol>
        {steps.map((step, index) => (
          // Steps never change places.
          <li key={index} class={index < done ? "guide-done" : ""}>
            <details>
              <summary>
                <span class="guide-mark" aria-hidden="true">
                  {index < done ? <Icon name="check" /> : index + 1}
                </span>
                <span>{step.title ?? t.stepNumber(index + 1)}</span>
                {index < done && <span class="hidden">, {t.stepDone}</span>}
                <Icon name="down" />
              </summary>
              <Text step={step} />
            </details>
          </li>
        ))}
      </ol>
    </div>
  );
}
