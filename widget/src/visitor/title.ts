/** The host page's title, and our count in front of it. */

let count = "";

/** The title without our count; a number of the page's own stays. */
export function plainTitle(): string {
  const { title } = document;
  return title.slice(title.startsWith(count) ? count.length : 0);
}

export function countInTitle(unread: number): void {
  const plain = plainTitle();
  count = unread > 0 ? `(${unread}) ` : "";
  if (document.title !== count + plain) document.title = count + plain;
}
