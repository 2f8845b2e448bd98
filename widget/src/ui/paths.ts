/** Line drawings on a 24 × 24 grid, one name each so that a bundle holds only what it shows. */

export const add = "M12 5v14M5 12h14";
export const alert = "M12 9v5m0 3h.01M12 3 2 20h20z";
export const back = "M15 5l-7 7 7 7";
export const bell = "M6 9a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7m4.5 11a2 2 0 0 0 3 0";
export const bolt = "M13 3 5 13h6l-1 8 8-10h-6z";
export const chat = "M20.5 11.5a8 8 0 0 1-8.5 8 9 9 0 0 1-3.7-.8L3.5 20l1.4-4A8 8 0 1 1 20.5 11.5Z";
export const book =
  "M12 6.5c-2-1.5-5-2-8-1.7v13c3-.3 6 .2 8 1.7 2-1.5 5-2 8-1.7v-13c-3-.3-6 .2-8 1.7zm0 0v13";
export const check = "M5 12l5 5 9-11";
export const checks = "M2 12l5 5 9-11m-4 11 9-11";
export const clock = "M12 7v5l3 2m6-2a9 9 0 1 0-18 0 9 9 0 1 0 18 0";
export const close = "M6 6l12 12M18 6 6 18";
export const down = "M6 9l6 6 6-6";
export const help =
  "M9.2 9a3 3 0 1 1 4.3 2.7c-1 .5-1.5 1-1.5 2.1m0 3.2h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z";
export const inbox = "M3 13h5l2 3h4l2-3h5M6 5h12l3 8v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-5z";
export const link =
  "M14 5h5v5M19 5l-8 8M17 14v4a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 5 18V9a1.5 1.5 0 0 1 1.5-1.5H10";
export const lock =
  "M7 11V8a5 5 0 0 1 10 0v3M6.5 11h11A1.5 1.5 0 0 1 19 12.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5v-6A1.5 1.5 0 0 1 6.5 11Z";
export const person = "M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0M5 20a7 7 0 0 1 14 0";
export const retry = "M4 12a8 8 0 0 1 14-5l2 2m0-5v5h-5m5 3a8 8 0 0 1-14 5l-2-2m0 5v-5h5";
export const send = "M5 12 4 4l17 8-17 8zm0 0h7";
export const signout =
  "M14 8V5.5A1.5 1.5 0 0 0 12.5 4h-6A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20h6a1.5 1.5 0 0 0 1.5-1.5V16m-4-4h11m0 0-3-3m3 3-3 3";
export const search = "M4 11a7 7 0 1 0 14 0 7 7 0 1 0-14 0m12 5 4.5 4.5";
export const star = "m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z";
export const sound =
  "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9a4.5 4.5 0 0 1 0 6m2.5-8.5a8 8 0 0 1 0 11";
export const mute = "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16.5 9.5l5 5m0-5-5 5";
