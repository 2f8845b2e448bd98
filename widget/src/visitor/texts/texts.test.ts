import { expect, test } from "vitest";
import { chooseLanguage, chooseLocale } from "../language.ts";
import { LANGUAGES } from "../shell.ts";
import { texts as en, type Texts } from "./en.ts";
import { countUnread, fill } from "./texts.ts";

const load = async (lang: string): Promise<Texts> => (await import(`./${lang}.ts`)).texts;

const slots = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

test.each([...LANGUAGES])("%s says everything, with the same names in braces", async (lang) => {
  const texts = await load(lang);
  const forms = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
  const keys = new Set([...Object.keys(en), ...forms.map((form) => `unread_${form}`)]);
  expect(Object.keys(texts).sort()).toEqual([...keys].sort());
  for (const [key, text] of Object.entries(texts)) {
    expect(text.trim(), key).not.toBe("");
    expect(slots(text), key).toEqual(slots(en[key as keyof typeof en] ?? en.unread_other));
  }
});

test("no two languages are the same file", async () => {
  const greetings = await Promise.all(LANGUAGES.map(async (lang) => (await load(lang)).person));
  expect(new Set(greetings).size).toBe(LANGUAGES.length);
});

test("Polish counts as Poles do", async () => {
  const texts = await load("pl");
  expect([1, 3, 5, 22].map((n) => countUnread(texts, "pl", n))).toEqual([
    "1 nowa wiadomość",
    "3 nowe wiadomości",
    "5 nowych wiadomości",
    "22 nowe wiadomości",
  ]);
});

test("the first language that we speak is taken, Norwegian under any of its names", () => {
  expect(chooseLanguage([undefined, "", "fi", "pl-PL", "en"])).toBe("pl");
  expect(chooseLanguage(["no"])).toBe("nb");
  expect(chooseLanguage(["nn-NO"])).toBe("nb");
  expect(chooseLanguage(["SV_se"])).toBe("sv");
  expect(chooseLanguage(["fi"])).toBe("en");
});

test("times follow the visitor's own variant of the language", () => {
  expect(chooseLocale("en", ["sv-SE", "en-GB", "en-US"])).toBe("en-GB");
  expect(chooseLocale("pl", ["en-US"])).toBe("pl");
});

test("an unknown name in braces stays as it is", () => {
  expect(fill("{a} {b}", { a: "$&" })).toBe("$& {b}");
});
