import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CodecError, decode, encode } from "./codec.ts";
import type { ClientMessage } from "./messages.ts";

interface Valid {
  name: string;
  from: "client" | "server";
  json: string;
  value: object;
}

interface Invalid {
  name: string;
  from: "client" | "server";
  codec: string;
  code: string;
  text?: string;
  parts?: [string, number][];
}

const VECTORS = new URL("../../../protocol/vectors/", import.meta.url);
const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(name, VECTORS), "utf8")) as T[];

const codeOf = (text: string) => {
  try {
    decode(text);
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return undefined;
};

test("every frame of a server in the vectors is read as what it stands for", () => {
  const frames = read<Valid>("messages.json").filter((frame) => frame.from === "server");
  expect(frames.length).toBeGreaterThan(12);
  for (const { name, json, value } of frames) expect(decode(json), name).toMatchObject(value);
});

test("every frame of a client in the vectors is written as it stands there", () => {
  const frames = read<Valid>("messages.json").filter((frame) => frame.from === "client");
  expect(frames.length).toBeGreaterThan(10);
  for (const { name, value } of frames) {
    expect(JSON.parse(encode(value as ClientMessage)), name).toEqual(value);
  }
});

test("what no server takes leaves as the sign for an unknown character", () => {
  const text = "half \ud83d, whole \ud83d\ude00, nothing \0";
  const message = { type: "ask", id: 1, text } as const;
  expect(JSON.parse(encode(message))).toEqual({
    ...message,
    text: "half \ufffd, whole \ud83d\ude00, nothing \ufffd",
  });
});

test("frames that a server must not send are refused with the code of the vectors", () => {
  // Depth is bounded by the browser's own parser.
  const frames = read<Invalid>("invalid.json").filter(
    (frame) => frame.from === "server" && frame.codec === "json" && frame.code !== "too_deep",
  );
  expect(frames.length).toBeGreaterThan(2);
  for (const { name, code, text, parts } of frames) {
    const whole = text ?? (parts ?? []).map(([piece, times]) => piece.repeat(times)).join("");
    expect(codeOf(whole), name).toBe(code);
  }
});

test.each([
  ["hello", "bad_frame"],
  ["[]", "bad_frame"],
  ["null", "bad_frame"],
  ['{"id":1}', "bad_field"],
  ['{"type":"no_such_frame"}', "unknown_type"],
  ['{"type":"toString"}', "unknown_type"],
  ['{"type":"read","channel":"conversation:a","from":{"kind":"agent","id":"a"}}', "bad_field"],
  ['{"type":"entry","channel":"conversation:a","entry":{"offset":0}}', "bad_field"],
  ['{"type":"closing","code":4000,"reconnect_after":"soon"}', "bad_field"],
])("%s is refused as %s", (text, code) => {
  expect(codeOf(text)).toBe(code);
});

test("unknown fields are ignored and null stands for absent", () => {
  expect(codeOf('{"type":"error","code":"x","message":"y","id":null,"new":{"a":1}}')).toBe(
    undefined,
  );
});

test("absent fields are left out", () => {
  expect(encode({ type: "hello", id: 1, token: undefined })).toBe('{"type":"hello","id":1}');
});
