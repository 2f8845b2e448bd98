/** What is known of the visitor, at a glance above the messages. */

import type { OpenConversation } from "../open.ts";
import { t } from "../texts.ts";

export function Known({ open }: { open: OpenConversation }) {
  const facts = open.facts.value;
  if (facts.length === 0) return null;
  return (
    <section class="known" aria-label={t.knownAbout(open.visitor.value)}>
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
