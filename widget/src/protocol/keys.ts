/** Keys that name one publish for ever: UUIDs of version 7, rising within a page. */

let lastTime = 0;
let counter = 0;

/** Make a key at `now`, milliseconds since 1970. */
export function newKey(now: number = Date.now()): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  if (now > lastTime) {
    lastTime = now;
    counter = ((random[0] ?? 0) & 0x03) << 8;
  } else if (counter < 0xfff) {
    counter += 1;
  } else {
    lastTime += 1;
    counter = 0;
  }
  const time = lastTime.toString(16).padStart(12, "0");
  const tail = [...random.slice(2)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = (0x8 | (Number.parseInt(tail[0] ?? "0", 16) & 0x3)).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${counter.toString(16).padStart(3, "0")}`,
    `${variant}${tail.slice(1, 4)}`,
    tail.slice(4, 16),
  ].join("-");
}
