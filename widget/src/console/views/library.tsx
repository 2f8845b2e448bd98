/** The answers beside the one that is edited, or the questions: what is fetched when one goes there. */

import { useEffect, useMemo } from "preact/hooks";
import { a } from "../answer-texts.ts";
import { Editing } from "../editing.ts";
import { AnswerList } from "../files.ts";
import { go, route } from "../route.ts";
import "../styles/answers.css";
import "../styles/editor.css";
import "../styles/questions.css";
import { AnswersPane } from "./answers.tsx";
import { EditorPane } from "./editor.tsx";
import type { PaneProps } from "./inbox.tsx";
import { QuestionsPane } from "./questions.tsx";

export function Library(props: PaneProps) {
  const list = useMemo(() => new AnswerList(props.around.api), [props.around.api]);
  useEffect(() => void list.load(), [list]);
  if (route.value.page === "questions") return <QuestionsPane {...props} list={list} />;
  const key = route.value.answer;
  return (
    <>
      <AnswersPane {...props} list={list} />
      <Editor key={key ?? ""} file={key} list={list} {...props} />
    </>
  );
}

function Editor({
  file,
  list,
  desk,
  around,
}: PaneProps & { file: string | null; list: AnswerList }) {
  const editing = useMemo(() => {
    if (!file) return null;
    return new Editing(file, around.api, desk.unsaved, {
      saved: (answer, from) => {
        desk.answerSaved(answer, from);
        around.announce(a.saved);
        list.saved.value = answer.file;
        void list.load();
        // Unless one has gone elsewhere meanwhile.
        if (route.value.answer !== file) return;
        if (from) go({ conversation: from.conversation });
        else go({ page: "answers", answer: answer.file });
      },
      removed: () => {
        void list.load();
        desk.replies.renew();
        if (route.value.answer === file) go({ page: "answers" });
      },
    });
  }, [file, list, desk, around]);
  useEffect(() => void editing?.load(), [editing]);
  return <EditorPane editing={editing} list={list} />;
}
