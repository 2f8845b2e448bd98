/** Keys that name one publish for ever: UUIDs of version 7, rising within a page. */

let lastTime = 0;
let counter = 0;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

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
  random[2] = 0x80 | ((random[2] ?? 0) & 0x3f);
  const tail = Array.from(random.slice(2), (byte) => hex(byte, 2)).join("");
  const digits = `${hex(lastTime, 12)}7${hex(counter, 3)}${tail}`;
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
