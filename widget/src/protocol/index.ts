/** The public names of the protocol client. */

export type * from "./answers.ts";
export { Client, type ClientEvents, type ClientOptions } from "./client.ts";
export type { Publishing, PublishOptions, Settled } from "./delivery.ts";
export { RequestError } from "./errors.ts";
export type * from "./messages.ts";
export { isPending, type OutboxItem, type OutboxState, pendingChannel } from "./outbox.ts";
export * from "./ports.ts";
export { browserDial, RefusedError, type Status } from "./socket.ts";
export { factsIn, filledIn, type Said, stepsDone, verdicts } from "./told.ts";
export { type Change, type ChannelView, nameOf } from "./view.ts";
