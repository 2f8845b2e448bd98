/** One line drawing of paths.ts. */

/** Decoration only: what it means is said by the text or the label beside it. */
export function Glyph({ path, class: extra = "" }: { path: string; class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
