// The peer of `edge`: the same request and reply over ws, with nothing behind it.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [port] = process.argv.slice(2);
const CHANNEL = /^[a-z]+:[a-z0-9_.-]{1,128}$/;

const http = createServer((_, response) => response.end("ok"));
const server = new WebSocketServer({
  server: http,
  path: "/v1/socket",
  perMessageDeflate: false,
  handleProtocols: () => "straks.v1.json",
});

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const frame = JSON.parse(data);
    // The fields that the codec of Straks checks.
    const fits =
      frame.type === "unsubscribe" &&
      Number.isSafeInteger(frame.id) &&
      frame.id > 0 &&
      typeof frame.channel === "string" &&
      CHANNEL.test(frame.channel);
    if (!fits) return socket.close(4500);
    socket.send(JSON.stringify({ type: "unsubscribed", channel: frame.channel, id: frame.id }));
  });
});
http.listen(Number(port), "127.0.0.1");
