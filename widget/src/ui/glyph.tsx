/** One line drawing of paths.ts. */

/** Decoration only: what it means is said by the text or the label beside it. */
export function Glyph({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
