/** The left side of the answers: search, what is not saved, what is broken, all there are. */

import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { still } from "../../ui/still.ts";
import { a } from "../answer-texts.ts";
import type { AnswerFile, BrokenFile } from "../api.ts";
import { day, languageName } from "../days.ts";
import type { AnswerList } from "../files.ts";
import { go, hashOf, route } from "../route.ts";
import { compose, text } from "../source.ts";
import { t } from "../texts.ts";
import type { UnsavedAnswers } from "../unsaved.ts";
import { isNew } from "../unsaved.ts";
import { Corner, type PaneProps } from "./inbox.tsx";
import { Places } from "./places.tsx";

function addressOf(answer: string): string {
  return hashOf({ ...route.peek(), page: "answers", answer });
}

function follow(event: MouseEvent, answer: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go({ page: "answers", answer });
}

function useOf({ given, helped, unhelpful }: AnswerFile): string {
  if (given === 0) return a.neverGiven;
  const judged = [helped && a.helped(helped), unhelpful && a.unhelpful(unhelpful)];
  return [a.given(given), ...judged.filter(Boolean)].join(", ");
}

interface RowProps {
  file: AnswerFile;
  current: boolean;
  unsaved: boolean;
}

const Row = still(({ file, current, unsaved }: RowProps) => {
  const { author, confirmed, valid_until: until } = file;
  const judgedBad = file.unhelpful > file.helped;
  return (
    <a
      class="answer-row"
      href={addressOf(file.file)}
      aria-current={current ? "true" : undefined}
      data-answer={file.file}
      onClick={(event) => follow(event, file.file)}
    >
      <span class="answer-title">{file.title}</span>
      <span class="row-lang" title={languageName(file.lang)}>
        {file.lang}
      </span>
      <span class="row-meta">
        {unsaved && <span class="row-draft">{t.draft}</span>}
        <span>{file.origin === "folder" ? a.folder : a.console}</span>
        {author && <span>{a.by(author)}</span>}
        <span>{confirmed ? a.confirmed(day(confirmed)) : a.neverConfirmed}</span>
        {until && <span>{a.until(day(until))}</span>}
      </span>
      <span class={`row-meta ${judgedBad ? "row-bad" : ""}`}>
        <span>{useOf(file)}</span>
      </span>
    </a>
  );
});

function Filters({ list }: { list: AnswerList }) {
  return (
    <search class="answers-filters">
      <label class="answers-search">
        <span class="hidden">{a.search}</span>
        <Icon name="search" />
        <input
          type="search"
          value={list.query.value}
          placeholder={a.search}
          onInput={(event) => (list.query.value = event.currentTarget.value)}
        />
      </label>
      <label>
        <span class="hidden">{a.language}</span>
        <select
          value={list.lang.value}
          onChange={(event) => (list.lang.value = event.currentTarget.value)}
        >
          <option value="">{a.allLanguages}</option>
          {list.languages.value.map((lang) => (
            <option key={lang} value={lang}>
              {languageName(lang)}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

function Broken({ broken }: { broken: readonly BrokenFile[] }) {
  if (broken.length === 0) return null;
  return (
    <details class="answers-broken" open>
      <summary>
        <Icon name="alert" />
        {a.broken(broken.length)}
      </summary>
      <ul>
        {broken.map(({ file, line, message }) => (
          <li key={`${file}:${line}:${message}`}>
            <a href={addressOf(file)} data-answer={file} onClick={(event) => follow(event, file)}>
              {file}
            </a>
            <span>
              {a.brokenAt(line)}: {message}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** New answers that were begun; a draft of a file shows at the file. */
function Begun({ unsaved }: { unsaved: UnsavedAnswers }) {
  const begun = unsaved.keys.value.filter(isNew);
  if (begun.length === 0) return null;
  const current = route.value.answer;
  return (
    <section class="answers-begun">
      <h3>{a.unsaved}</h3>
      <ul>
        {begun.map((key) => (
          <li key={key}>
            <a
              class="answer-row"
              href={addressOf(key)}
              aria-current={key === current ? "true" : undefined}
              data-answer={key}
              onClick={(event) => follow(event, key)}
            >
              <span class="answer-title">
                {text(unsaved.get(key)?.source ?? "", "title") || a.untitled}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function All({ list, unsaved }: { list: AnswerList; unsaved: UnsavedAnswers }) {
  const current = route.value.answer;
  const shown = list.shown.value;
  const typed = new Set(unsaved.keys.value);
  if (list.status.value === "loading") {
    return (
      <div class="list-foot">
        <Spinner label={t.loading} />
      </div>
    );
  }
  if (list.status.value === "failed") {
    return (
      <div class="list-foot" role="alert">
        <p>{a.listFailed}</p>
        <Button look="quiet" onClick={() => void list.load()}>
          {a.tryAgain}
        </Button>
      </div>
    );
  }
  if (shown.length === 0) {
    const any = list.files.value.length > 0;
    return (
      <div class="empty">
        <Icon name={any ? "search" : "book"} />
        <h3>{any ? a.noMatch : a.none}</h3>
        <p>{any ? a.noMatchText : a.noneText}</p>
      </div>
    );
  }
  return (
    <ul class="rows">
      {shown.map((file) => (
        <li key={file.file}>
          <Row file={file} current={file.file === current} unsaved={typed.has(file.file)} />
        </li>
      ))}
    </ul>
  );
}

export function AnswersPane(props: PaneProps & { list: AnswerList }) {
  const { desk, list } = props;
  const begin = () => {
    const source = compose({ title: "", lang: list.lang.value, phrases: [], body: "" });
    go({ page: "answers", answer: desk.unsaved.begin({ source }) });
  };
  return (
    <nav class="inbox answers" aria-label={t.places.answers}>
      <header class="inbox-head">
        <Places />
      </header>
      <Filters list={list} />
      <div class="answers-count">
        <span role="status">{a.count(list.shown.value.length, list.files.value.length)}</span>
        <Button onClick={begin}>
          <Icon name="add" />
          {a.newAnswer}
        </Button>
      </div>
      <div class="inbox-list">
        <Broken broken={list.broken.value} />
        <Begun unsaved={desk.unsaved} />
        <All list={list} unsaved={desk.unsaved} />
      </div>
      <Corner {...props} />
    </nav>
  );
}
