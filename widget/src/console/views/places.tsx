/** The way between inbox, questions and answers. */

import { hashOf, type Page, route } from "../route.ts";
import { t } from "../texts.ts";
import { Logo } from "./sign-in.tsx";

const PAGES: readonly Page[] = ["inbox", "questions", "answers"];

export function Places() {
  const at = route.value;
  return (
    <>
      <Logo />
      <h2 class="hidden">{t.places[at.page]}</h2>
      <ul class="places" aria-label={t.placesLabel}>
        {PAGES.map((page) => (
          <li key={page}>
            <a
              href={hashOf({ ...at, page, answer: null })}
              aria-current={page === at.page ? "page" : undefined}
            >
              {t.places[page]}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
