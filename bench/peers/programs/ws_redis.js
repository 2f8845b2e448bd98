// A hub over ws: each channel is a Redis stream, what is in it is acknowledged and passed on.
import { createServer } from "node:http";
import { createClient } from "redis";
import { WebSocketServer } from "ws";

const [port, url] = process.argv.slice(2);
const redis = createClient({ url });
await redis.connect();
const channels = new Map();

const http = createServer((_, response) => response.end("ok"));
const server = new WebSocketServer({ server: http, path: "/socket", perMessageDeflate: false });

async function subscribe(socket, frame) {
  const key = `ch:${frame.ch}`;
  if (!channels.has(frame.ch)) channels.set(frame.ch, new Set());
  channels.get(frame.ch).add(socket);
  socket.channels.push(frame.ch);
  const answer = { op: "ok", id: frame.id };
  if (frame.after === null) {
    const [last] = await redis.xRevRange(key, "+", "-", { COUNT: 1 });
    answer.last = last ? last.id : "0";
  } else {
    const missed = await redis.xRange(key, frame.after === "0" ? "-" : `(${frame.after}`, "+");
    answer.missed = missed.map((entry) => entry.message.text);
    answer.last = missed.length ? missed.at(-1).id : frame.after;
  }
  socket.send(JSON.stringify(answer));
}

async function publish(socket, frame) {
  const at = await redis.xAdd(`ch:${frame.ch}`, "*", { text: frame.text });
  const text = JSON.stringify({ op: "msg", ch: frame.ch, text: frame.text, at });
  for (const other of channels.get(frame.ch) ?? []) other.send(text);
  socket.send(JSON.stringify({ op: "ok", id: frame.id }));
}

server.on("connection", (socket) => {
  socket.channels = [];
  socket.on("message", (data) => {
    const frame = JSON.parse(data);
    (frame.op === "sub" ? subscribe : publish)(socket, frame);
  });
  socket.on("close", () => {
    for (const channel of socket.channels) channels.get(channel)?.delete(socket);
  });
});
http.listen(Number(port), "127.0.0.1");
