// @vitest-environment happy-dom
import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, test } from "vitest";
import { type Client, MemoryStorage, type Principal } from "../../protocol/index.ts";
import { ApiError } from "../api.ts";
import { Drafts } from "../drafts.ts";
import { Inbox } from "../inbox.ts";
import { OpenConversation } from "../open.ts";
import { Session } from "../session.ts";
import { summary } from "../testing/samples.ts";
import { ANNA, connected, ScriptedServer, settle } from "../testing/server.ts";
import { t } from "../texts.ts";
import { Field } from "./field.tsx";
import { Known } from "./known.tsx";
import { Row } from "./row.tsx";
import { SignInForm } from "./sign-in.tsx";
import { Thread } from "./thread.tsx";

const visitor: Principal = { kind: "visitor", id: "v" };
const bot: Principal = { kind: "app", id: "answers" };
const replies = [
  { id: "hours", title: "Opening hours", text: "We are here from 9 to 17." },
  { id: "refund", title: "Refund time", text: "Within 5 days." },
];

let root: HTMLElement;
let server: ScriptedServer;
let client: Client;
let open: OpenConversation;

async function show(node: ComponentChild): Promise<void> {
  await act(async () => {
    render(node, root);
    await settle();
  });
}

async function conversation(): Promise<void> {
  const api = {
    conversation: async () => summary("c", { state: "with_agent", agent: ANNA, state_offset: 1 }),
    inbox: async () => {
      throw new Error("not asked");
    },
  };
  const touch = () => open?.touch();
  client = await connected(server, { change: touch, outbox: touch });
  const drafts = new Drafts(new MemoryStorage(), ANNA.id);
  open = new OpenConversation("c", ANNA, client, api, new Inbox(api, ANNA.id), drafts);
  open.start();
  await settle();
}

async function type(field: HTMLTextAreaElement, text: string): Promise<void> {
  await act(async () => {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function press(target: Element, key: string, more: KeyboardEventInit = {}): Promise<void> {
  await act(async () => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    await settle();
  });
}

function textarea(): HTMLTextAreaElement {
  const field = root.querySelector("textarea");
  if (!field) throw new Error("no field");
  return field;
}

beforeEach(() => {
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
  server = new ScriptedServer();
});

test("a refused sign-in says how long to wait, and waits", async () => {
  let calls = 0;
  const refuse = async () => {
    calls += 1;
    throw new ApiError(429, "rate_limited", "", 42);
  };
  const session = new Session({ signIn: refuse, session: refuse, signOut: async () => {} });
  await show(<SignInForm session={session} />);
  const submit = () =>
    act(async () => {
      root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
      await settle();
    });
  await submit();
  expect(root.querySelector("[role=alert]")?.textContent).toBe(t.fillIn);
  for (const input of root.querySelectorAll("input")) input.value = "x@y.example";
  await submit();
  await submit();
  expect(root.querySelector("[role=alert]")?.textContent).toBe(t.tooMany(42));
  expect(calls).toBe(1);
});

test("a row tells who, what, since when, where", async () => {
  const waits = summary("c", {
    state: "waiting",
    waiting_since: Date.now() - 65_000,
    visitor: { id: "v", name: "Vera" },
    lang: "nb",
    page: { url: "https://shop.example/returns" },
  });
  await show(<Row summary={waits} tab="waiting" me="anna" current unread={false} draft />);
  const row = root.querySelector("a");
  expect(row?.textContent).toMatch(/Vera.*1:0\d.*Hello.*Draft.*nb.*shop\.example\/returns/);
  expect(row?.getAttribute("aria-current")).toBe("true");
});

test("visitor, automatic answer, note, event: each is told apart", async () => {
  server.append("conversation:c", "message", visitor, { text: "Is it <b>open</b>?" });
  const html = '<p>Yes</p><script>alert(1)</script><a href="javascript:x()">here</a>';
  server.append("conversation:c", "answer", bot, {
    answer: "hours",
    title: "Hours",
    text: "Yes",
    html,
  });
  server.append("conversation:c", "ask_human", visitor);
  server.append("desk:c", "note", { kind: "agent", id: "bo", name: "Bo" }, { text: "Careful" });
  await conversation();
  await show(<Thread open={open} />);
  expect(root.querySelector(".group-visitor .bubble")?.textContent).toBe("Is it <b>open</b>?");
  expect(root.querySelector(".group-bot .bubble")?.innerHTML).toBe(
    '<p class="heading">Hours</p><p>Yes</p>here',
  );
  expect(root.querySelector(".group-note")?.textContent).toContain("Careful");
  expect(root.querySelector(".group-note")?.textContent).toContain(t.note);
  expect(root.querySelector(".happened")?.textContent).toContain(t.askedForPerson);
});

test("an answer tells whether it helped, in words too; a wish for a person what did not", async () => {
  const answered = (title: string) =>
    server.append("conversation:c", "answer", bot, { answer: title, title, text: title }).offset;
  const judge = (answer: number, helped: boolean) =>
    server.append("conversation:c", "feedback", visitor, { answer, helped });
  server.append("conversation:c", "message", visitor, { text: "Is it open?" });
  judge(answered("Hours"), true);
  judge(answered("Holidays"), false);
  answered("Address");
  server.append("conversation:c", "ask_human", visitor);
  await conversation();
  await show(<Thread open={open} />);
  const verdicts = [...root.querySelectorAll(".group-bot .verdict")];
  expect(verdicts.map((each) => each.textContent)).toEqual([t.helped, t.helpedNot]);
  expect(verdicts.every((each) => each.querySelector("svg"))).toBe(true);
  expect(root.querySelectorAll(".happened")).toHaveLength(1);
  expect(root.querySelector(".happened")?.textContent).toContain(
    `${t.askedForPerson}. ${t.inVain(["Holidays"])}`,
  );
});

test("a guide shows its steps and how far the visitor got, of several steps the last", async () => {
  const step = (title: string) => ({
    title,
    text: title,
    html: `<p>${title}<script>1</script></p>`,
  });
  const steps = [
    step("Switch it off"),
    { text: "Turn left", html: "<p>Turn left</p>" },
    step("On"),
  ];
  const data = { question: 1, answer: "bulb", title: "Change a bulb", steps };
  server.append("conversation:c", "message", visitor, { text: "How do I change the bulb?" });
  const { offset } = server.append("conversation:c", "answer", bot, data);
  await conversation();
  await show(<Thread open={open} />);
  const head = () => root.querySelector(".guide-head")?.textContent;
  expect(head()).toBe(t.guideNew(3));
  await act(async () => {
    server.append("conversation:c", "step", visitor, { answer: offset, step: 1 });
    server.append("conversation:c", "step", visitor, { answer: offset, step: 2 });
    await settle();
  });
  expect(head()).toBe(t.guide(2, 3));
  const shown = [...root.querySelectorAll(".guide li")];
  expect(shown.map((each) => each.querySelector("summary")?.textContent)).toEqual([
    `Switch it off, ${t.stepDone}`,
    `${t.stepNumber(2)}, ${t.stepDone}`,
    "3On",
  ]);
  expect(shown[0]?.querySelector(".guide-text")?.innerHTML).toBe("<p>Switch it off</p>");
  expect(root.querySelectorAll(".happened")).toHaveLength(0);
});

test("choices, forms, details and contacts are told in words", async () => {
  const choices = [
    { answer: "hours", title: "Opening hours" },
    { answer: "refund", title: "Refund time" },
  ];
  const form = [{ name: "colour", label: "Which colour?", type: "text" }];
  const straks: Principal = { kind: "server", id: "straks" };
  server.append("conversation:c", "message", visitor, { text: "When?", known: { order: "7" } });
  server.append("conversation:c", "answer", bot, { question: 1, answer: null, text: "?", choices });
  server.append("conversation:c", "contact", straks, { email: "v@example.org" });
  server.append("conversation:c", "details", straks, { fields: { order: "6", phone: "12" } });
  server.append("conversation:c", "answer", bot, {
    answer: "lamp",
    title: "Lamp",
    text: "Ok",
    form,
  });
  server.append("conversation:c", "details", visitor, { answer: 5, fields: { colour: "brass" } });
  await conversation();
  await show(
    <>
      <Known open={open} />
      <Thread open={open} />
    </>,
  );
  const lines = [...root.querySelectorAll(".happened > span")].map((each) => each.textContent);
  expect(lines).toEqual([
    t.offeredChoice(["Opening hours", "Refund time"]),
    t.knownFromEarlier("v@example.org"),
    t.knownFromEarlier("Order number: 6 · Phone: 12"),
    "Which colour?: brass",
  ]);
  expect(root.querySelector(".offered")?.textContent).toBe(t.askedFor(["Which colour?"]));
  const known = [...root.querySelectorAll(".known dl > div")].map((each) => each.textContent);
  expect(known).toEqual(["E-mailv@example.org", "Phone12", "Order number7", "Which colour?brass"]);
});

test("an expert is marked in the list, and the conversation says why", async () => {
  const expert = { score: 0.8, reasons: ["names the error code E14", "has read 3 help pages"] };
  server.append("conversation:c", "message", visitor, { text: "E14 after the firmware update" });
  server.append("conversation:c", "ask_human", bot, { expert });
  await conversation();
  await show(
    <>
      <Row
        summary={summary("c", { expert: true })}
        tab="open"
        me="anna"
        current={false}
        unread={false}
        draft={false}
      />
      <Thread open={open} />
    </>,
  );
  expect(root.querySelector(".row-expert")?.textContent).toBe(t.expert);
  expect(root.querySelector(".happened > span")?.textContent).toBe(
    t.passedAsExpert(expert.reasons),
  );
  expect(open.summary.value?.expert).toBe(true);
});

test("any agent's reply can be made an answer; nothing else can", async () => {
  const bo: Principal = { kind: "agent", id: "bo", name: "Bo" };
  const anna: Principal = { kind: "agent", id: ANNA.id, name: ANNA.name };
  server.append("conversation:c", "message", visitor, { text: "Do you ship to Malta?" });
  server.append("conversation:c", "answer", bot, { answer: "a", title: "A", text: "Perhaps" });
  server.append("conversation:c", "message", bo, { text: "Yes." });
  server.append("conversation:c", "message", anna, { text: "Within a week." });
  server.append("desk:c", "note", anna, { text: "Careful" });
  await conversation();
  const made: unknown[] = [];
  await show(<Thread open={open} makeAnswer={(item) => made.push(item.data["text"])} />);
  const buttons = [...root.querySelectorAll<HTMLElement>(".make-answer")];
  expect(buttons.map((each) => each.getAttribute("aria-label"))).toEqual([
    t.makeAnswer,
    t.makeAnswer,
  ]);
  for (const button of buttons) button.click();
  expect(made).toEqual(["Yes.", "Within a week."]);
});

test("a slash opens the canned replies; keys choose one", async () => {
  server.append("conversation:c", "message", visitor, { text: "Hello" });
  await conversation();
  await show(<Field mode="reply" open={open} replies={replies} />);
  await type(textarea(), "/");
  expect(root.querySelectorAll("[role=option]")).toHaveLength(2);
  await press(textarea(), "ArrowDown");
  expect(textarea().getAttribute("aria-activedescendant")).toBe("canned-1");
  await press(textarea(), "Enter");
  expect(textarea().value).toBe("Within 5 days.");
  expect(root.querySelector("[role=listbox]")).toBeNull();
});

test("Enter sends, with Shift it does not", async () => {
  server.append("conversation:c", "message", visitor, { text: "Hello" });
  await conversation();
  await show(<Field mode="reply" open={open} replies={replies} />);
  await type(textarea(), "Good day");
  await press(textarea(), "Enter", { shiftKey: true });
  expect(server.logs.get("conversation:c")).toHaveLength(1);
  await press(textarea(), "Enter");
  expect(server.logs.get("conversation:c")?.at(-1)?.data).toEqual({ text: "Good day" });
  expect(textarea().value).toBe("");
});

test("a message that is too long is not sent, and says by how much", async () => {
  server.append("conversation:c", "message", visitor, { text: "Hello" });
  await conversation();
  await show(<Field mode="reply" open={open} replies={replies} />);
  await type(textarea(), "x".repeat(open.limit + 3));
  await press(textarea(), "Enter");
  expect(server.logs.get("conversation:c")).toHaveLength(1);
  expect(root.querySelector(".field-hint")?.textContent).toBe(t.tooLong(3));
});

test("a failed message offers to send it again or to change it", async () => {
  server.append("conversation:c", "message", visitor, { text: "Hello" });
  server.refusals.set("message", { code: "wrong_state", message: "" });
  await conversation();
  open.write("reply", "Too late");
  open.send("reply");
  await settle();
  await show(<Thread open={open} />);
  const failed = root.querySelector(".delivery-failed");
  expect(failed?.textContent).toContain("the conversation is closed");
  await act(async () => {
    [...(failed?.querySelectorAll("button") ?? [])].find((b) => b.textContent === t.edit)?.click();
  });
  expect(open.text.reply.value).toBe("Too late");
  expect(root.querySelector(".delivery-failed")).toBeNull();
});
