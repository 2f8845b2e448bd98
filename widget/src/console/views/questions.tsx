/** What visitors were not helped with, worst first: the next answers to write. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { a } from "../answer-texts.ts";
import type { QuestionGroup, Questions } from "../api.ts";
import { languageName } from "../days.ts";
import type { Desk } from "../desk.ts";
import type { AnswerList } from "../files.ts";
import { labelOf } from "../known.ts";
import { fileFor, fromGroup } from "../proposal.ts";
import { go, hashOf } from "../route.ts";
import { t } from "../texts.ts";
import type { PaneProps } from "./inbox.tsx";
import { Places } from "./places.tsx";

const DAYS = 30;
const NO_LABELS: ReadonlyMap<string, string> = new Map();

function share(part: number, of: number): string {
  return of > 0 ? `${Math.round((100 * part) / of)}%` : a.noShare;
}

function Counter({ value, label, title }: { value: string; label: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Counters({ questions }: { questions: Questions }) {
  const { asked, answered, helped, asked_twice: twice } = questions;
  const fields = Object.entries(twice).filter(([, count]) => count > 0);
  const total = fields.reduce((sum, [, count]) => sum + count, 0);
  const which = fields.map(([name, count]) => `${labelOf(name, NO_LABELS)}: ${count}`).join(", ");
  return (
    <dl class="counters">
      <Counter label={a.asked} value={asked.toLocaleString("en")} />
      <Counter label={a.answered} value={share(answered, asked)} />
      <Counter label={a.helpedShare} value={share(helped, answered)} />
      <Counter
        label={which ? `${a.askedTwice} (${which})` : a.askedTwice}
        value={total.toLocaleString("en")}
        title={which || a.askedTwiceNone}
      />
    </dl>
  );
}

function Examples({ group }: { group: QuestionGroup }) {
  if (group.examples.length === 0) return null;
  return (
    <ul class="examples" aria-label={a.examples}>
      {group.examples.map(({ conversation, offset, text }) => (
        <li key={`${conversation} ${offset}`}>
          <a
            href={hashOf({ page: "inbox", tab: "open", conversation, answer: null })}
            title={a.openConversation}
          >
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}

interface GroupProps {
  group: QuestionGroup;
  list: AnswerList;
  desk: Desk;
}

function Choices({ group, list, desk }: GroupProps) {
  const file = group.answer ? fileFor(list.files.value, group.answer, group.lang) : undefined;
  const write = () => {
    go({ page: "answers", answer: desk.unsaved.begin({ source: fromGroup(group) }) });
  };
  const improve = () => {
    if (file) go({ page: "answers", answer: file.file });
  };
  return (
    <div class="question-choices">
      {file && (
        <Button look="primary" onClick={improve}>
          {a.improve}
        </Button>
      )}
      <Button look={file ? "plain" : "primary"} onClick={write}>
        {file ? a.another : a.write}
      </Button>
      {group.answer && !file && list.status.value === "ready" && <p>{a.noFile}</p>}
    </div>
  );
}

function Group(props: GroupProps) {
  const { group } = props;
  const { unanswered, unhelpful } = group.reasons;
  return (
    <li class="question">
      <h3 lang={group.lang} dir="auto">
        {group.text}
      </h3>
      <p class="question-cost">
        <strong>{a.people(group.people)}</strong>
        {group.minutes > 0 && (
          <strong title={a.minutesTitle}>{a.minutes(Math.round(group.minutes))}</strong>
        )}
        <span>{a.askedOften(group.times)}</span>
        {unanswered > 0 && <span>{a.unanswered(unanswered)}</span>}
        {unhelpful > 0 && <span>{a.notHelped(unhelpful)}</span>}
        {group.lang && <span>{languageName(group.lang)}</span>}
      </p>
      <Examples group={group} />
      <Choices {...props} />
    </li>
  );
}

/** Read once a page; `null` while it is read. */
function useQuestions({ around }: PaneProps) {
  const questions = useSignal<Questions | null>(null);
  const failed = useSignal(false);
  const load = async () => {
    failed.value = false;
    try {
      questions.value = await around.api.questions(DAYS);
    } catch {
      failed.value = true;
    }
  };
  useEffect(() => void load(), [around]);
  return { questions: questions.value, failed: failed.value, load };
}

function Content({ list, desk, ...rest }: PaneProps & { list: AnswerList }) {
  const { questions, failed, load } = useQuestions({ desk, ...rest });
  if (failed) {
    return (
      <div class="list-foot" role="alert">
        <p>{a.listFailed}</p>
        <Button look="quiet" onClick={() => void load()}>
          {a.tryAgain}
        </Button>
      </div>
    );
  }
  if (!questions) {
    return (
      <div class="list-foot">
        <Spinner label={t.loading} />
      </div>
    );
  }
  return (
    <>
      <Counters questions={questions} />
      {questions.groups.length === 0 ? (
        <div class="empty">
          <Icon name="check" />
          <h3>{a.emptyTitle}</h3>
          <p>{a.emptyText(questions.asked)}</p>
        </div>
      ) : (
        <>
          <p class="questions-lead">{a.lead}</p>
          <ol class="question-list">
            {questions.groups.map((group) => (
              <Group key={`${group.lang} ${group.text}`} group={group} list={list} desk={desk} />
            ))}
          </ol>
        </>
      )}
    </>
  );
}

export function QuestionsPane(props: PaneProps & { list: AnswerList }) {
  return (
    <div class="questions">
      <header class="inbox-head questions-head">
        <Places />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable */}
      <section class="questions-scroll" tabIndex={0} aria-label={t.places.questions}>
        <div class="questions-inner">
          <Content {...props} />
        </div>
      </section>
    </div>
  );
}
