/** What is known of the visitor, at a glance above the messages. */

import type { OpenConversation } from "../open.ts";
import { t } from "../texts.ts";

export function Known({ open }: { open: OpenConversation }) {
  const facts = open.facts.value;
  if (facts.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable
    <section class="known" aria-label={t.knownAbout(open.visitor.value)} tabIndex={0}>
      <h3>{t.known}</h3>
      <dl>
        {facts.map(({ name, label, value }) => (
          <div key={name}>
            <dt>{label}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
