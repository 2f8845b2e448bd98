/** Moves the focus between the field and what stands above it. */

/** Two rows of text in the field are higher, in pixels. */
const ONE_ROW = 64;

/** Give the focus to the first part of the panel that fits, if there is one. */
function focusPart(event: Event, selector: string): void {
  const panel = (event.currentTarget as Element).closest(".panel");
  const part = panel?.querySelector<HTMLElement>(selector);
  if (!part) return;
  event.preventDefault();
  part.focus();
}

export function focusField(event: Event): void {
  focusPart(event, "textarea");
}

/** Go to the last suggestion from a field in which the caret itself cannot go upwards. */
export function focusAbove(event: Event): void {
  const { scrollHeight, selectionStart, selectionEnd } = event.currentTarget as HTMLTextAreaElement;
  if (scrollHeight < ONE_ROW && selectionStart === selectionEnd)
    focusPart(event, ".suggestions :last-child");
}
