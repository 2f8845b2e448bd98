// Socket.IO with its Redis Streams adapter and its own recovery of connections.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, url] = process.argv.slice(2);
const redis = createClient({ url });
await redis.connect();

const http = createServer((_, response) => response.end("ok"));
const io = new Server(http, {
  // With the usual 10,000 messages of all, who was cut would soon have no place to go on from.
  adapter: createAdapter(redis, { maxLen: 100_000 }),
  transports: ["websocket"],
  connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
});

io.on("connection", (socket) => {
  socket.on("sub", (channel, done) => {
    socket.join(channel);
    done();
  });
  socket.on("pub", (channel, text, done) => {
    io.to(channel).emit("msg", channel, text);
    done();
  });
});
http.listen(Number(port), "127.0.0.1");
