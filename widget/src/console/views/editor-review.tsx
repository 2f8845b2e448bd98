/** What saving an answer would change; and two versions of it, where two people wrote. */

import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { a } from "../answer-texts.ts";
import type { AnswerSource, Difference, Trial } from "../api.ts";
import type { Editing } from "../editing.ts";

function Change({ change }: { change: Difference }) {
  const title = (answer: string | null) => (answer === null ? <em>{a.noAnswer}</em> : answer);
  return (
    <li class="change">
      <p class="change-question" lang={change.lang}>
        {change.text}
        {change.times > 1 && <span class="change-times"> {a.askedTimes(change.times)}</span>}
      </p>
      <dl>
        <div class="change-before">
          <dt>{a.before}</dt>
          <dd>{title(change.before)}</dd>
        </div>
        <div class="change-after">
          <dt>{a.after}</dt>
          <dd>{title(change.after)}</dd>
        </div>
      </dl>
    </li>
  );
}

function summed({ tried, changes }: Trial): string {
  if (changes.length > 0) return a.changes(changes.length, tried);
  return tried === 0 ? a.nothingTried : a.noChange(tried);
}

/** Takes the focus: what is read next begins here. */
export function Review({ trial }: { trial: Trial }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long list must be scrolled by keys
    <section class="review" aria-labelledby="review-title" tabIndex={0}>
      <h3 id="review-title" ref={head} tabIndex={-1}>
        {a.reviewTitle}
      </h3>
      <p>{summed(trial)}</p>
      {trial.changes.length >= 100 && <p>{a.onlyFirst(trial.changes.length)}</p>}
      <ul>
        {trial.changes.map((change) => (
          <Change key={`${change.lang} ${change.text}`} change={change} />
        ))}
      </ul>
    </section>
  );
}

export function Conflict({ editing, theirs }: { editing: Editing; theirs: AnswerSource }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <section class="conflict" aria-labelledby="conflict-title">
      <h3 id="conflict-title" ref={head} tabIndex={-1}>
        {a.conflictTitle}
      </h3>
      <p>{a.conflictText}</p>
      <div class="conflict-both">
        <div>
          <label>
            <span class="editor-label">{a.mine}</span>
            <textarea class="editor-mono" rows={18} readOnly value={editing.source.value} />
          </label>
          <Button look="primary" onClick={() => editing.keepMine()}>
            {a.keepMine}
          </Button>
        </div>
        <div>
          <label>
            <span class="editor-label">{a.theirs}</span>
            <textarea class="editor-mono" rows={18} readOnly value={theirs.source} />
          </label>
          <Button look="quiet" onClick={() => editing.takeTheirs()}>
            {a.takeTheirs}
          </Button>
        </div>
      </div>
    </section>
  );
}
