import { expect, test } from "vitest";
import { Replies } from "./replies.ts";
import { settle } from "./testing/server.ts";

function reply(title: string) {
  return { id: title, title, text: title };
}

test("replies are read once for each language, and anew after a change", async () => {
  const asked: (string | undefined)[] = [];
  const replies = new Replies({
    canned: async (lang?: string) => {
      asked.push(lang);
      return [reply(lang ?? "all")];
    },
  });
  for (const lang of [undefined, "da", "sv", "da"]) {
    replies.show(lang);
    await settle();
    expect(replies.current.value).toEqual([reply(lang ?? "all")]);
  }
  expect(asked).toEqual([undefined, "da", "sv"]);
  replies.renew();
  await settle();
  expect(asked.slice(3)).toEqual(["da"]);
});

test("a reply that comes late does not replace those of the conversation that is open", async () => {
  const slow: (() => void)[] = [];
  const replies = new Replies({
    canned: async (lang?: string) => {
      if (lang === "da") await new Promise<void>((resolve) => slow.push(resolve));
      return [reply(lang ?? "all")];
    },
  });
  replies.show("da");
  replies.show("sv");
  await settle();
  for (const go of slow) go();
  await settle();
  expect(replies.current.value).toEqual([reply("sv")]);
});

test("a failure is no reason not to ask again", async () => {
  let down = true;
  const replies = new Replies({
    canned: async () => {
      if (down) throw new Error("unreachable");
      return [reply("here")];
    },
  });
  replies.show("da");
  await settle();
  down = false;
  replies.show("da");
  await settle();
  expect(replies.current.value).toEqual([reply("here")]);
});
