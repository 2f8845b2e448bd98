/** A round mark with initials, in a colour that stays the same for the same person. */

const COLOURS = 6;

/** One or two letters that stand for `name`. */
export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** A small number that `id` always gives. */
export function hue(id: string): number {
  let sum = 7;
  for (let i = 0; i < id.length; i += 1) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return sum % COLOURS;
}

export function Avatar({
  name,
  id,
  class: extra = "",
}: {
  name: string;
  id: string;
  class?: string;
}) {
  return (
    <span class={`avatar avatar-${hue(id)} ${extra}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
