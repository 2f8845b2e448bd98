import { beforeEach, expect, test } from "vitest";
import { MemoryStorage } from "../protocol/index.ts";
import { type AnswerSource, ApiError, type Version } from "./api.ts";
import { Editing } from "./editing.ts";
import { t } from "./texts.ts";
import { UnsavedAnswers } from "./unsaved.ts";

const OLD = "---\ntitle: Old\nphrases:\n  - old\n---\nOld.\n";
const NEW = OLD.replace("title: Old", "title: New");
const THEIRS = OLD.replace("title: Old", "title: Theirs");

/** The contract's side of the answers, in memory. */
class Shelf {
  readonly files = new Map<string, AnswerSource>();
  refusal: ApiError | null = null;
  private serial = 0;

  put(file: string, source: string): AnswerSource {
    this.serial += 1;
    const kept = { file, source, origin: "console" as const, version: `v${this.serial}` };
    this.files.set(file, kept);
    return kept;
  }

  async answerFile(file: string): Promise<AnswerSource> {
    const found = this.files.get(file);
    if (this.refusal) throw this.refusal;
    if (!found) throw new ApiError(404, "not_found", "no such answer");
    return found;
  }

  async saveAnswer(file: string, source: string, version?: Version): Promise<AnswerSource> {
    if (this.refusal) throw this.refusal;
    if (this.files.get(file)?.version !== version) throw new ApiError(409, "conflict", "changed");
    return this.put(file, source);
  }

  async removeAnswer(file: string, version: Version): Promise<void> {
    if (this.files.get(file)?.version !== version) throw new ApiError(409, "conflict", "changed");
    this.files.delete(file);
  }

  async tryAnswer() {
    if (this.refusal) throw this.refusal;
    return { tried: 3, changes: [] };
  }
}

let shelf: Shelf;
let unsaved: UnsavedAnswers;
let heard: string[];

async function editing(key = "old.md"): Promise<Editing> {
  const one = new Editing(key, shelf, unsaved, {
    saved: (answer, from) => heard.push(`saved ${answer.file} ${from?.conversation ?? ""}`.trim()),
    removed: () => heard.push("removed"),
  });
  await one.load();
  return one;
}

beforeEach(() => {
  shelf = new Shelf();
  shelf.put("old.md", OLD);
  unsaved = new UnsavedAnswers(new MemoryStorage(), "anna");
  heard = [];
});

test("what is typed is there after a reload, until it is saved", async () => {
  const one = await editing();
  expect(one.dirty.value).toBe(false);
  one.write(NEW);
  expect(unsaved.keys.value).toEqual(["old.md"]);
  const again = await editing();
  expect(again.source.value).toBe(NEW);
  expect(again.dirty.value).toBe(true);
  await again.review();
  expect(again.trial.value?.tried).toBe(3);
  await again.save();
  expect(shelf.files.get("old.md")?.source).toBe(NEW);
  expect(unsaved.keys.value).toEqual([]);
  expect(heard).toEqual(["saved old.md"]);
  expect(again.dirty.value).toBe(false);
});

test("typing back what was there leaves no draft", async () => {
  const one = await editing();
  one.write(NEW);
  one.write(OLD);
  expect(unsaved.keys.value).toEqual([]);
});

test("what was tried holds no more once something else is typed", async () => {
  const one = await editing();
  one.write(NEW);
  await one.review();
  one.write(`${NEW}!`);
  expect(one.trial.value).toBeNull();
});

test("what is typed while it is tried or saved is neither judged nor lost", async () => {
  const one = await editing();
  one.write(NEW);
  const reviewing = one.review();
  one.write(`${NEW}more`);
  await reviewing;
  expect(one.trial.value).toBeNull();
  const saving = one.save();
  one.write(`${NEW}more and more`);
  await saving;
  expect(shelf.files.get("old.md")?.source).toBe(`${NEW}more`);
  expect([one.source.value, one.dirty.value]).toEqual([`${NEW}more and more`, true]);
  expect((await editing()).source.value).toBe(`${NEW}more and more`);
  await one.save();
  expect(shelf.files.get("old.md")?.source).toBe(`${NEW}more and more`);
});

test("a source that cannot be used says at which line, and stays", async () => {
  const one = await editing();
  one.write(NEW);
  shelf.refusal = new ApiError(400, "bad_answer", "'old' is there twice", undefined, 4);
  await one.review();
  expect(one.trouble.value).toEqual({ message: "'old' is there twice", line: 4 });
  expect(one.source.value).toBe(NEW);
  await one.save();
  expect(one.trouble.value?.line).toBe(4);
  one.write(`${NEW}!`);
  expect(one.trouble.value).toBeNull();
});

test("who saves after somebody else sees both, and chooses", async () => {
  const one = await editing();
  one.write(NEW);
  shelf.put("old.md", THEIRS);
  await one.save();
  expect(one.theirs.value?.source).toBe(THEIRS);
  expect(one.source.value).toBe(NEW);
  one.keepMine();
  await one.save();
  expect(shelf.files.get("old.md")?.source).toBe(NEW);

  const other = await editing();
  other.write(OLD);
  shelf.put("old.md", THEIRS);
  await other.save();
  other.takeTheirs();
  expect(other.source.value).toBe(THEIRS);
  expect(other.dirty.value).toBe(false);
  expect(unsaved.keys.value).toEqual([]);
});

test("a draft that is older than the file shows both at once", async () => {
  (await editing()).write(NEW);
  shelf.put("old.md", THEIRS);
  const again = await editing();
  expect([again.source.value, again.theirs.value?.source]).toEqual([NEW, THEIRS]);
});

test("without the server, what was typed is there all the same", async () => {
  (await editing()).write(NEW);
  shelf.refusal = new ApiError(0, "unreachable", "");
  const again = await editing();
  expect(again.status.value).toBe("ready");
  expect(again.source.value).toBe(NEW);
  expect(again.trouble.value?.message).toBe(t.noServer);
  shelf.refusal = null;
  await again.save();
  expect(shelf.files.get("old.md")?.source).toBe(NEW);
});

test("what somebody removed meanwhile is saved anew", async () => {
  const one = await editing();
  one.write(NEW);
  shelf.files.clear();
  await one.save();
  expect(one.trouble.value?.message).toBe(t.removedMeanwhile);
  await one.save();
  expect(shelf.files.get("old.md")?.source).toBe(NEW);
});

test("a new answer is called after its title, and remembers where it comes from", async () => {
  const from = { conversation: "c", offset: 3 };
  const one = await editing(unsaved.begin({ source: NEW.replace("New", "Ships to Åland"), from }));
  expect(one.file.value).toBe("ships-to-aland.md");
  one.write(one.source.value.replace("phrases", "lang: sv\nphrases"));
  expect(one.file.value).toBe("ships-to-aland.sv.md");
  one.rename("old");
  one.write(one.source.value.replace("lang: sv\n", ""));
  await one.save();
  expect(one.trouble.value?.message).toBe(t.nameTaken("old.md"));
  one.rename("aland");
  await one.save();
  expect(heard).toEqual(["saved aland.md c"]);
  expect(unsaved.keys.value).toEqual([]);
});

test("that it still holds is said with the source as it is", async () => {
  const one = await editing();
  await one.confirm();
  expect(shelf.files.get("old.md")).toMatchObject({ source: OLD, version: "v2" });
});

test("removing needs the newest version", async () => {
  const one = await editing();
  shelf.put("old.md", THEIRS);
  await one.remove();
  expect(one.theirs.value?.source).toBe(THEIRS);
  one.takeTheirs();
  await one.remove();
  expect(heard).toEqual(["removed"]);
});

test("what does not exist is missing; what cannot be read has failed", async () => {
  expect((await editing("none.md")).status.value).toBe("missing");
  expect((await editing("+none")).status.value).toBe("missing");
  shelf.refusal = new ApiError(503, "unavailable", "");
  expect((await editing()).status.value).toBe("failed");
});
