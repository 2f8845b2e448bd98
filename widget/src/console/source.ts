/** An answer's file, read and changed part by part: what is not changed stays as it was written. */

/** The parts that a form can show; the order is that of a new file. */
export type Key = "title" | "lang" | "phrases" | "buttons" | "guide" | "valid_from" | "valid_until";

interface Block {
  readonly name: string;
  /** The first line, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

interface Parts {
  readonly lines: readonly string[];
  /** The line that ends the front matter. */
  readonly fence: number;
}

const FENCE = "---";
const KEY = /^([A-Za-z_][\w-]*)[ \t]*:(?=[ \t]|$)(.*)$/;
const PLAIN = /^[\p{L}\p{N}(¿¡](?:[^\n]*[^\s:])?$/u;

/** Null where there is no front matter, or none that ends. */
function parts(source: string): Parts | null {
  const lines = source.split("\n");
  if (lines[0]?.trimEnd() !== FENCE) return null;
  const fence = lines.findIndex((line, at) => at > 0 && line.trimEnd() === FENCE);
  return fence < 0 ? null : { lines, fence };
}

function blocks({ lines, fence }: Parts): Block[] {
  const starts: { name: string; from: number }[] = [];
  for (let at = 1; at < fence; at += 1) {
    const name = KEY.exec(lines[at] ?? "")?.[1];
    if (name) starts.push({ name, from: at });
  }
  return starts.map(({ name, from }, index) => {
    let to = starts[index + 1]?.from ?? fence;
    // What stands between two keys and says nothing belongs to neither.
    while (to > from + 1 && /^(#.*|\s*)$/.test(lines[to - 1] ?? "")) to -= 1;
    return { name, from, to };
  });
}

/** A YAML scalar; null for what only a YAML parser understands. */
function scalar(written: string): string | null {
  const raw = written.trim();
  const double = /^("(?:[^"\\]|\\.)*")(?:\s+#.*)?$/.exec(raw);
  if (double?.[1]) {
    try {
      return JSON.parse(double[1]);
    } catch {
      return null;
    }
  }
  const single = /^'((?:[^']|'')*)'(?:\s+#.*)?$/.exec(raw);
  if (single) return (single[1] ?? "").replaceAll("''", "'");
  if (/^["'|>&*!%@`{[#]|^[-?:](\s|$)|:(\s|$)|\s#/.test(raw)) return null;
  return raw;
}

/** A list in brackets: `[a, "b, c"]`. */
function flow(written: string): readonly string[] | null {
  const inside = /^\[(.*)\]$/.exec(written.trim())?.[1]?.trim();
  if (inside === undefined) return null;
  if (!inside) return [];
  const items = inside.match(/\s*"(?:[^"\\]|\\.)*"|\s*'(?:[^']|'')*'|[^,]+/g) ?? [];
  const read = items.map((item) => item.trim()).filter(Boolean);
  return whole(read.map((item) => (/[[\]{}]/.test(item) ? null : scalar(item))));
}

function whole(items: readonly (string | null)[]): readonly string[] | null {
  return items.some((item) => item === null) ? null : (items as string[]);
}

function find(source: string, name: string): { parts: Parts; block: Block; rest: string } | null {
  const found = parts(source);
  if (!found) return null;
  const block = blocks(found).find((each) => each.name === name);
  if (!block) return null;
  return { parts: found, block, rest: KEY.exec(found.lines[block.from] ?? "")?.[2] ?? "" };
}

/** The text under `name`, "" where there is none; null: written in a way only the source shows. */
export function text(source: string, name: Key): string | null {
  const found = find(source, name);
  if (!found) return "";
  const { block, rest } = found;
  return block.to > block.from + 1 ? null : scalar(rest);
}

/** The list under `name`; null: written in a way that only the source shows. */
export function list(source: string, name: Key): readonly string[] | null {
  const found = find(source, name);
  if (!found) return [];
  const { block, rest } = found;
  const lines = found.parts.lines.slice(block.from + 1, block.to);
  if (rest.trim()) return lines.length > 0 ? null : flow(rest);
  return whole(
    lines
      .filter((line) => line.trim())
      .map((line) => {
        const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
        return item === undefined ? null : scalar(item);
      }),
  );
}

/** Everything after the front matter. */
export function body(source: string): string {
  const found = parts(source);
  return found ? found.lines.slice(found.fence + 1).join("\n") : source;
}

function written(value: string): string {
  const plain = PLAIN.test(value) && !/:\s|\s#/.test(value);
  return plain ? value : JSON.stringify(value);
}

function replaced(source: string, name: Key, lines: readonly string[]): string {
  const found = parts(source);
  if (!found) {
    return lines.length > 0 ? [FENCE, ...lines, FENCE, source].join("\n") : source;
  }
  const block = blocks(found).find((each) => each.name === name);
  const from = block?.from ?? found.fence;
  const to = block?.to ?? found.fence;
  return [...found.lines.slice(0, from), ...lines, ...found.lines.slice(to)].join("\n");
}

/** The source with this text under `name`; an empty one takes the key away. */
export function withText(source: string, name: Key, value: string): string {
  const line = value.replace(/\s*\n\s*/g, " ");
  return replaced(source, name, line ? [`${name}: ${written(line)}`] : []);
}

/** The source with this list under `name`; an empty one takes the key away. */
export function withList(source: string, name: Key, values: readonly string[]): string {
  const items = values.map((value) => value.trim()).filter(Boolean);
  const lines =
    items.length > 0 ? [`${name}:`, ...items.map((item) => `  - ${written(item)}`)] : [];
  return replaced(source, name, lines);
}

/** The source with another text after its front matter. */
export function withBody(source: string, value: string): string {
  const found = parts(source);
  return found ? [...found.lines.slice(0, found.fence + 1), value].join("\n") : value;
}

/** A new file. */
export function compose(values: {
  readonly title: string;
  readonly lang?: string | undefined;
  readonly phrases: readonly string[];
  readonly body: string;
}): string {
  let source = [FENCE, FENCE, values.body].join("\n");
  source = withText(source, "title", values.title);
  source = withText(source, "lang", values.lang ?? "");
  return withList(source, "phrases", values.phrases);
}
