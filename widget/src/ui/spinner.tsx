/** A turning ring while something is fetched. */

import "./spinner.css";

export function Spinner({ label }: { label: string }) {
  return (
    <span role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="hidden">{label}</span>
    </span>
  );
}
